import type { Condition } from '../../cors/decide.ts';
import type { Verdict } from '../../cors/explain.ts';
import { shown as withoutSecrets } from '../../document/shown.ts';
import type { Paint } from '../formats/paint.ts';
import { listed, shown, wrapped } from './lines.ts';

/** Rules in a row that fail by their origins and are shown one by one; the others of the row are one line. */
const MAX_ALIKE = 3;
const CONDITIONS: readonly Condition[] = ['origin', 'method', 'header'];

/** Returns the verdicts rule by rule, with the values compared at the first condition that fails. */
export function ruleLines(verdicts: readonly Verdict[], paint: Paint, width: number): readonly string[] {
  const lines: string[] = [];
  for (const row of rowsOf(verdicts)) {
    const [first] = row;
    if (first === undefined) continue;
    const one = first.outcome === 'not_reached' ? 0 : first.condition === 'origin' ? MAX_ALIKE : row.length;
    for (const verdict of row.slice(0, one)) lines.push(...verdictLines(verdict, paint, width));
    if (row.length > one) lines.push(restLine(row.slice(one), paint));
  }
  return lines;
}

/** Verdicts in a row with the same outcome. */
function rowsOf(verdicts: readonly Verdict[]): readonly (readonly Verdict[])[] {
  const rows: Verdict[][] = [];
  for (const verdict of verdicts) {
    const row = rows.at(-1);
    const before = row?.at(-1);
    if (before?.outcome === verdict.outcome && before.condition === verdict.condition) row?.push(verdict);
    else rows.push([verdict]);
  }
  return rows;
}

function restLine(row: readonly Verdict[], paint: Paint): string {
  const [first, last] = [row[0]?.rule, row.at(-1)?.rule];
  const name = first === last ? `rule ${first}` : `rules ${first} to ${last}`;
  return `  ${name}: ${row[0]?.outcome === 'not_reached' ? 'not compared' : paint.red('origin NO')}`;
}

function verdictLines({ rule, id, condition, actual, expected }: Verdict, paint: Paint, width: number) {
  const name = `  rule ${rule}${id === undefined ? '' : ` (${shown(id)})`}: `;
  if (condition === undefined) return [`${name}${paint.green('applies')}`];
  const met = CONDITIONS.slice(0, CONDITIONS.indexOf(condition)).map((one) => `${one} ok, `);
  return [
    `${name}${met.join('')}${paint.red(`${condition} NO`)}`,
    ...wrapped('    asked:  ', shown(actual ?? ''), width),
    ...wrapped('    listed: ', expected?.length ? listed(expected.map(withoutSecrets)) : 'nothing', width),
  ];
}
