import type { Change } from '../analysis/change.ts';
import { changesOf } from '../analysis/changes.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import type { Inexpressible } from './target.ts';

/** Most losses of an export, and most origins and names in one. */
const MOST = 50;
const SHOWN = 10;

/**
 * What pages lose by a narrower configuration, by origin, method and header, each with the reason that the target has. A
 * reason that no loss has stays: the rules that are enforced do not show all that a target leaves out.
 */
export function lossesOf(
  given: CompiledRules,
  enforced: CompiledRules,
  reasons: readonly Inexpressible[],
): readonly Inexpressible[] {
  const narrower = changesOf(given, enforced).changes.filter(({ isNarrower }) => isNarrower);
  const usual = narrower.filter(({ origins }) => origins.some(({ isUsual }) => isUsual));
  const counted = usual.length > 0 ? usual : narrower;
  const found = counted.map((change) => ({ change, reason: reasonFor(change, reasons) }));
  const used = new Set(found.map(({ reason }) => reason));
  const losses = found.map(({ change, reason }) => lossOf(given, change, reason));
  return [...losses, ...reasons.filter((reason) => !used.has(reason))].slice(0, MOST);
}

/** The reason that names an entry of the change, else its rule; else the first. */
function reasonFor(
  { origins, before }: Change,
  reasons: readonly Inexpressible[],
): Inexpressible | undefined {
  const entries = origins.flatMap(({ origin, entry }) => [origin, entry]);
  return (
    reasons.find((reason) => reason.origins.some((one) => entries.includes(one))) ??
    reasons.find(({ rules }) => before !== null && rules.includes(before)) ??
    reasons[0]
  );
}

function lossOf(given: CompiledRules, change: Change, reason: Inexpressible | undefined): Inexpressible {
  const listed = new Set(given.rules.flatMap(({ rule }) => rule.allowedOrigins));
  const usual = change.origins.filter(({ isUsual }) => isUsual);
  const origins = (usual.length > 0 ? usual : change.origins).map(({ origin, entry }) =>
    listed.has(origin) ? origin : entry,
  );
  return {
    rules: change.before === null ? [] : [change.before],
    origins: [...new Set(origins)].slice(0, SHOWN),
    methods: change.methods,
    what: [lossText(change), ...(reason === undefined ? [] : [reason.what])].join(' '),
    nearest: reason?.nearest ?? 'The rules that are left.',
  };
}

function lossText({ changed }: Change): string {
  switch (changed.kind) {
    case 'method':
      return 'Pages of these origins lose these methods.';
    case 'headers':
      return `Pages of these origins can no longer send ${namesText(changed.names)}${changed.together ? ' together' : ''}.`;
    case 'exposed':
      return `Scripts of these origins can no longer read ${namesText(changed.names)}.`;
    case 'answer':
      return changed.name === ALLOW_CREDENTIALS
        ? 'Pages of these origins can no longer send cookies.'
        : `Answers to these origins have another ${changed.name}.`;
    case 'vary':
      return 'Answers have another Vary.';
  }
}

function namesText(names: readonly string[]): string {
  if (names.includes('*')) return 'headers that are not listed';
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
