import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import { readExported } from '../exported.ts';
import { planOf } from '../plan.ts';
import type { Compiled, ExportOptions, Target } from '../target.ts';
import { decisionMaps } from './decide.ts';
import { locationText } from './location.ts';
import { notesFor } from './notes.ts';
import { refusalsOf } from './refused.ts';
import { tablesOf } from './tables.ts';
import { dollarBlock } from './text.ts';
import { enforceable } from './too-long.ts';
import { headerValues, varyMap } from './values.ts';
import { asName, variablesOf } from './variables.ts';

export const nginx: Target = {
  ...DESCRIPTIONS.nginx,
  compile,
  read: (text) => readExported(nginx, text),
};

function compile(rules: CompiledRules, options: ExportOptions): Compiled {
  const { found, refused } = enforceable(rules, options.allowNarrower);
  if (found === null) return { ok: false, refused };
  const name = asName(options.name);
  const v = variablesOf(name);
  const plan = planOf(found);
  const tables = tablesOf(found, plan);
  const refusals = refusalsOf(found, plan, v);
  const values = headerValues(tables, name, v);
  const maps = [
    ...refusals.maps,
    ...decisionMaps(tables, refusals.value, v),
    ...legendOf(tables),
    ...values.map(({ map }) => map),
    varyMap(plan, v),
  ].join('\n\n');
  const location = locationText(plan, tables, values, refusals, v);
  const needsDollar = `${maps}${location}`.includes(`\${${name}__dollar}`);
  const head = (use: string) => `${bannerOf('nginx', rules, options, '#', use)}\n`;
  return {
    ok: true,
    files: [
      {
        name: `${name}.conf`,
        use: USES.maps,
        text: `${head(USES.maps)}${overviewOf(v)}\n\n${onceBlock(name)}\n\n${needsDollar ? `${dollarBlock(name)}\n\n` : ''}${maps}\n`,
      },
      {
        name: `${name}.location.inc`,
        use: USES.location,
        text: `${head(USES.location)}${location}`,
      },
    ],
    ...notesFor(found, tables),
    enforced: found,
    lost: refused,
  };
}

/** They name no file: the operator names the files. */
const USES = {
  maps: 'Maps: include this file in http {}, once.',
  location: 'Directives: include this file in the location that has proxy_pass.',
};

/** The steps of a decision, for a person who reads the maps. */
const overviewOf = (v: ReturnType<typeof variablesOf>): string =>
  `# 1. Origins that the rules treat alike are a group: o1, o2 are named, w1, w2 match a wildcard, other is any other.
# 2. A group and a method have a rule such as r1: $${v.actual}; that of a preflight also allows its headers: $${v.asked}.
# 3. $${v.rule} is the rule of the request, or why a preflight is refused. The other file answers by it.
# 4. The maps after it have the value of each response header. nginx evaluates a map only where one needs it.`;

/**
 * The maps of a second export of one name would silently take the place of the first one's. nginx refuses a second
 * log_format of one name, and does nothing for one that no log uses.
 */
const onceBlock = (name: string): string =>
  `# nginx does not start with two exports of one name: give the second another --name.
log_format two_exports_are_named_${name.toLowerCase()} '';`;

/** The rules that each verdict stands for, as comments. */
const legendOf = ({ verdicts }: ReturnType<typeof tablesOf>): readonly string[] =>
  verdicts.length === 0
    ? []
    : [
        [
          '# The headers of each rule.',
          ...verdicts.map(({ id, numbers }) => `# ${id}: ${numbered(numbers)}`),
        ].join('\n'),
      ];

const numbered = (numbers: readonly number[]): string =>
  `rule${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')} of the document`;
