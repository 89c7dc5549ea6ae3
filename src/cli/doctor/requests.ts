import { ALLOW_ORIGIN, ORIGIN, VARY } from '../../cors/names.ts';
import { cachedOf } from '../../doctor/cached.ts';
import { ABOUT } from '../../doctor/experiments.ts';
import type { Question } from '../../doctor/question.ts';
import { type Answered, type Exchange, headerOf, lists } from '../../doctor/transcript.ts';
import { shown, wrapped } from '../explain/lines.ts';
import { type Paint, visible } from '../formats/paint.ts';
import type { DoctorReport } from './report.ts';

const HEADINGS = ['Requests', 'status', 'Allow-Origin', 'Vary', 'cache', 'ms'] as const;
/** The columns of the headings, without the last. */
const WIDTHS = [41, 7, 13, 8, 6] as const;
/** Most lines of caches that are shown. */
const MAX_LINES = 6;

/** A table of all requests: one line each, and the header lines of caches. */
export function requestLines(
  { transcript, question }: DoctorReport,
  paint: Paint,
  width: number,
): readonly string[] {
  const rows = transcript.flatMap((one) => rowOf(one, question, paint, width));
  const lines = cacheLines(transcript.filter((one): one is Answered => one.received !== null));
  return [
    paint.bold(inColumns(HEADINGS)),
    ...rows,
    ...(lines.length === 0 ? [] : wrapped('  Caches say: ', lines.join('; '), width)),
  ];
}

function rowOf(one: Exchange, question: Question, paint: Paint, width: number): readonly string[] {
  const name = `  ${`#${one.number}`.padEnd(4)}${ABOUT[one.step]}`;
  if (one.received === null)
    return [name, ...wrapped('      ', visible(one.trouble?.because ?? ''), width).map(paint.red)];
  const answered = one as Answered;
  const { hit } = cachedOf(answered);
  return [
    inColumns([
      name,
      String(one.received.status),
      allowText(headerOf(answered, ALLOW_ORIGIN), question),
      lists(answered, VARY, ORIGIN) ? 'Origin' : '–',
      hit === null ? '–' : hit ? 'hit' : 'miss',
      String(one.milliseconds),
    ]),
  ];
}

const inColumns = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join('')
    .trimEnd();

/** Whose origin an answer allows, in a word. */
function allowText(value: string | null, { origin }: Question): string {
  if (value === null) return '–';
  if (value === origin) return "the page's";
  return value === '*' ? '*' : value.includes(',') ? 'several' : 'another';
}

/** The distinct header lines by which caches say what they did. */
function cacheLines(answered: readonly Answered[]): readonly string[] {
  const lines = answered.flatMap((one) =>
    cachedOf(one).lines.map(([name, value]) => `${name}: ${shown(value)}`),
  );
  const distinct = [...new Set(lines)].map(visible);
  const more = distinct.length > MAX_LINES ? [`and ${distinct.length - MAX_LINES} more`] : [];
  return [...distinct.slice(0, MAX_LINES), ...more];
}
