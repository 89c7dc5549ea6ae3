import type { Fault } from '../document/fault.ts';
import { readBanner, rulesOfBanner, withoutBanner } from './banner.ts';
import { outcomeOf } from './outcome.ts';
import type { Compiled, ReadBack, Target } from './target.ts';

/** Reads a file back that an export of this target wrote: its rules are in its banner. */
export function readExported(target: Pick<Target, 'name' | 'compile'>, text: string): ReadBack {
  const banner = readBanner(text);
  if (banner === null)
    return refused(
      'has no record of an export',
      `a file that \`bucket-cors export ${target.name}\` wrote, whole`,
    );
  if (banner.target !== target.name)
    return refused(`was exported for ${banner.target}`, `\`bucket-cors audit ${banner.target}\``);
  const compiled = target.compile(rulesOfBanner(banner), { ...banner, source: '' });
  const enforced = compiled.ok ? compiled.enforced : rulesOfBanner(banner);
  return {
    ok: true,
    value: {
      name: `the export for ${target.name} of bucket-cors ${banner.version}`,
      rules: { rules: enforced.rules.map(({ rule }) => rule), responseVary: enforced.responseVary },
      behaviour: enforced.behaviour,
      isExact: true,
      answer: (request) => outcomeOf(enforced, request),
      isEdited: !isAsWritten(compiled, text),
      notes: [],
    },
  };
}

/** Whether this version writes the same lines from the rules of the banner. */
const isAsWritten = (compiled: Compiled, text: string): boolean =>
  compiled.ok && compiled.files.some((file) => withoutBanner(file.text) === withoutBanner(text));

function refused(reason: string, write: string): ReadBack {
  const fault: Fault = { place: 'FILE', reason, write };
  return { ok: false, faults: [fault] };
}
