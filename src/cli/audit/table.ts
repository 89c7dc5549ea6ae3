import type { AuditFinding, Direction } from '../../export/audit/finding.ts';
import { inexpressibleLines } from '../export/report.ts';
import { folded } from '../formats/fold.ts';
import { type Paint, visible } from '../formats/paint.ts';
import type { Correction } from './correction.ts';
import { type AuditReport, editedText, INCOMPLETE, ofDirection } from './report.ts';
import { findingSentence, subjectOf } from './sentence.ts';

const HEADINGS: Readonly<Record<Direction, string>> = {
  wider: 'Wider than the bucket',
  narrower: 'Narrower than the bucket',
  other: 'Answered otherwise',
};
const DIRECTIONS = Object.keys(HEADINGS) as readonly Direction[];

/** Most sentences under one heading. */
const MOST = 50;
/** Most lines of a correction that stand in the table; a longer one is for `export`. */
const MOST_LINES = 60;
const WIDTH = 80;

/** Differences for a person: what lets pages do more first, then what corrects it, and the counts in the last line. */
export function auditTable(report: AuditReport, paint: Paint, width = WIDTH): string {
  const { findings, complete, read, correction } = report;
  const colour = { wider: paint.red, narrower: paint.yellow, other: paint.cyan };
  const edited = editedText(read);
  const sections = DIRECTIONS.flatMap((direction) => {
    const lines = linesOf(ofDirection(findings, direction), report.target);
    return lines.length === 0
      ? []
      : [colour[direction](`${HEADINGS[direction]}:`), ...lines.map((line) => `  ${line}`), ''];
  });
  return [
    ...folded([...sections, ...(edited === null ? [] : [paint.yellow(edited), ''])], width),
    ...(correction === null ? [] : correctionLines(correction, report.target, paint, width)),
    ...folded(
      [
        ...read.deployed.notes.map((note) => `Note: ${visible(note)}`),
        ...(complete ? [] : [paint.yellow(INCOMPLETE)]),
        lastLine(report),
      ],
      width,
    ),
  ].join('\n');
}

function linesOf(findings: readonly AuditFinding[], target: string): readonly string[] {
  const shown = findings.slice(0, MOST).map((finding) => findingSentence(finding, subjectOf(target)));
  return findings.length > MOST ? [...shown, `and ${findings.length - MOST} more`] : shown;
}

function correctionLines(
  correction: Correction,
  target: string,
  paint: Paint,
  width: number,
): readonly string[] {
  if (!correction.ok)
    return [
      ...folded([paint.yellow(`${subjectOf(target)} cannot say the rules of the bucket:`)], width),
      ...correction.refused.flatMap((one) => inexpressibleLines(one, width)),
      '',
    ];
  const { files, command } = correction;
  const lines = files.flatMap(({ name, text }) => [
    paint.bold(`--- ${name}`),
    ...text.trimEnd().split('\n').map(visible),
  ]);
  if (lines.length <= MOST_LINES || command === null)
    return [
      ...(command === null
        ? ['What corrects it:']
        : ['What corrects it, as the command writes it:', `  ${visible(command)}`]),
      ...lines,
      ...installLines(correction, width),
      '',
    ];
  return ['What corrects it is written by:', `  ${visible(command)}`, ...installLines(correction, width), ''];
}

/** Where more than the file is needed: the notes up to the last command that sends it. */
function installLines({ notes }: Extract<Correction, { ok: true }>, width: number): readonly string[] {
  const last = notes.findLastIndex(({ command }) => /\bFILE\b/.test(command ?? ''));
  return notes
    .slice(0, last + 1)
    .flatMap(({ about, command }) => [
      '',
      ...folded([visible(about)], width),
      ...(command === undefined ? [] : [`  ${visible(command)}`]),
    ]);
}

function lastLine({ findings, complete, read, source }: AuditReport): string {
  const names = `${visible(read.name)} and ${visible(source.name)}${source.hasRules ? '' : ' (no rules)'}`;
  if (findings.length === 0)
    return complete && !read.deployed.isPartial
      ? `${names}: no request is answered otherwise.`
      : `${names}: no difference was found among the requests that were compared.`;
  const counts = DIRECTIONS.map((direction) => ({
    direction,
    count: ofDirection(findings, direction).length,
  }));
  const parts = counts
    .filter(({ count }) => count > 0)
    .map(({ direction, count }) => `${count} ${direction}`);
  return `${names} differ: ${parts.join(', ')}`;
}
