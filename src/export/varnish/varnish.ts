import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { enforceable, namesTooLong, type Reason } from '../enforceable.ts';
import { readExported } from '../exported.ts';
import { type Plan, type PlannedRule, planOf } from '../plan.ts';
import type { ExportOptions, Note, Target } from '../target.ts';
import { preflightLines } from './preflights.ts';
import { indent } from './rules.ts';
import { answered, BACKEND, DELIVERED, RECEIVED, synthesized } from './subroutines.ts';

/**
 * Varnish says every rule set. The file has no backend: that is the operator's, and Varnish itself speaks no TLS to it.
 */
export const varnish: Target = {
  ...DESCRIPTIONS.varnish,
  compile: (rules, options) => {
    const { found, refused } = enforceable(
      rules,
      options.allowNarrower,
      (planned) => namesTooLong(planned) ?? exposedTooLong(planned),
    );
    if (found === null) return { ok: false, refused };
    const plan = planOf(found);
    const echoes = plan.rules.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
    return {
      ok: true,
      files: [{ name: `${options.name}.vcl`, use: useOf(options), text: textOf(rules, plan, options) }],
      grade: echoes ? 'same verdict' : 'equal',
      notes: [SITE, PIPED, ...(echoes ? [REPEATED] : [])],
      enforced: found,
      lost: refused,
    };
  },
  read: (text) => readExported(varnish, text),
};

/** Characters of ExposeHeaders, so that a preflight with as many names as Varnish reads fits its workspace of 64 KB. */
const EXPOSED_LIMIT = 4_000;

function exposedTooLong({ rule }: PlannedRule): Reason | null {
  if ((rule.exposeHeaders ?? '').length <= EXPOSED_LIMIT) return null;
  return {
    what: `The list of ExposeHeader of rule ${rule.number} has more than ${EXPOSED_LIMIT} characters, which do not fit Varnish's workspace beside a long preflight.`,
    nearest: 'The same rule with fewer names in ExposeHeader.',
  };
}

const useOf = ({ name }: ExportOptions): string =>
  `Include it in the VCL of this site alone, of which it answers every OPTIONS and rules every answer, before its subroutines: include "/etc/varnish/${name}.vcl";`;

const SITE: Note = {
  about:
    'It rules every request of the VCL that includes it. Another site has a VCL of its own, with a label: Varnish refuses a second export in one VCL.',
};

const PIPED: Note = {
  about:
    'A method that Varnish does not know, such as PROPFIND, and every request that your VCL pipes, is answered 405: it would pass unchanged.',
};

const REPEATED: Note = {
  about:
    'VCL cannot remove duplicates from a list: a name that a preflight requests twice stands twice in Access-Control-Allow-Headers. Browsers send each name once.',
};

function textOf(rules: CompiledRules, plan: Plan, options: ExportOptions): string {
  const subroutines = [
    RECEIVED,
    ...BACKEND,
    answered(plan),
    DELIVERED,
    synthesized(plan, preflightLines(rules, plan)),
  ].map(({ about, name, remark, lines }) => {
    // A condition of several lines is one element.
    const body = indent(lines.flatMap((line) => line.split('\n')));
    return `# ${about}\nsub ${name} {${remark === undefined ? '' : ` # ${remark}`}\n${body.join('\n')}\n}\n`;
  });
  const banner = bannerOf('varnish', rules, options, '#', useOf(options));
  return `${banner}\nvcl 4.1;\nimport std;\n\n${subroutines.join('\n')}`;
}
