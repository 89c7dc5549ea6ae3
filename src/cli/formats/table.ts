import type { Rule } from '../../cors/rule.ts';
import type { Severity } from '../../document/codes.ts';
import { excerpt } from '../../document/raw.ts';
import { toXml } from '../../document/xml.ts';
import type { Reported } from '../findings.ts';
import { isStoreKnown } from '../sources/opened.ts';
import { folded } from './fold.ts';
import { type Paint, paintFor, visible } from './paint.ts';
import { countsText, type Report, sectionOf } from './report.ts';
import { changedLines, paintLine } from './text-diff.ts';

/** Findings for a person: grouped by rule, and the counts in the last line. */
export function checkTable(
  { opened, findings, rules: read }: Report,
  colours: boolean,
  width?: number,
): string {
  const paint = paintFor(colours);
  const { name, document, behaviour, storeBy, hasRules } = opened;
  const store = `store ${behaviour.dialect}${isStoreKnown(storeBy) ? '' : '; --store names another'}`;
  const rules = hasRules ? rulesText(read, document.ok) : 'no rules';
  const groups = Map.groupBy(findings, ({ place }) => groupOf(place));
  const rule = (number: number | null): Rule | undefined =>
    number === null ? undefined : read?.[number - 1];
  const lines = [
    `${paint.bold(visible(name))} (${rules}, ${store})`,
    '',
    ...[...groups].flatMap(([place, ofPlace]) => [
      paint.bold(visible(place)),
      ...ofPlace.flatMap((one) => findingLines(one, place, rule(one.rule), paint)),
      '',
    ]),
    findings.length === 0 ? paint.green('Nothing found.') : countsText(findings),
  ];
  return folded(lines, width).join('\n');
}

function rulesText(rules: readonly Rule[] | null, isWhole: boolean): string {
  if (rules === null) return 'cannot be read';
  const count = `${rules.length} rule${rules.length === 1 ? '' : 's'}`;
  return isWhole ? count : `${count} without the values that are wrong`;
}

/** The rule that a place is in: `CORSRule[2]`, or a number in a list of rules; else the whole document. */
const groupOf = (place: string): string => /^[^[]*\[\d+\]/.exec(place)?.[0] ?? 'document';

const COLOURS: Readonly<Record<Severity, keyof Paint>> = { error: 'red', warning: 'yellow', note: 'cyan' };

function findingLines(
  { code, severity, place, line, value, reason, write, rewritten }: Reported,
  group: string,
  rule: Rule | undefined,
  paint: Paint,
): readonly string[] {
  const inside = place.startsWith(`${group}/`) ? place.slice(group.length + 1) : place === group ? '' : place;
  const where = [inside, line === undefined ? '' : `line ${line}`].filter((part) => part !== '').join(', ');
  const what = value === undefined ? 'It' : `"${visible(excerpt(value))}"`;
  return [
    `  ${paint[COLOURS[severity]](severity)} ${code}${where === '' ? '' : `  ${visible(where)}`}`,
    `    ${what} ${visible(reason)}.`,
    `    Write ${visible(write)}.`,
    ...rewrittenLines(rule, rewritten).map((text) => `      ${paintLine(visible(text), paint)}`),
    `    ${paint.dim(sectionOf(code))}`,
  ];
}

/** The lines of the rule that are to change. */
function rewrittenLines(rule: Rule | undefined, rewritten: Rule | null | undefined): readonly string[] {
  if (rule === undefined || rewritten === undefined) return [];
  const xml = (rules: readonly Rule[]) => toXml({ rules, responseVary: false });
  return changedLines(xml([rule]), xml(rewritten === null ? [] : [rewritten])).map((text) =>
    text.replace(/^([-+]) +/, '$1 '),
  );
}
