import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';
import { type Paint, visible } from './paint.ts';

/** Lines around a change. */
const CONTEXT = 3;

/** The lines of a unified diff of two texts, without colours; empty if the texts are equal. */
export function textDiff(
  before: { readonly name: string; readonly text: string },
  after: { readonly name: string; readonly text: string },
  context: number = CONTEXT,
): readonly string[] {
  const patch = structuredPatch(before.name, after.name, before.text, after.text, '', '', { context });
  if (patch.hunks.length === 0) return [];
  return formatPatch(patch, FILE_HEADERS_ONLY).trimEnd().split('\n');
}

/** The lines that differ, each with `-` or `+` before it. */
export const changedLines = (before: string, after: string): readonly string[] =>
  structuredPatch('', '', before, after, '', '', { context: 0 })
    .hunks.flatMap(({ lines }) => lines)
    .filter((line) => /^[-+]/.test(line));

/** A diff as `git diff` colours it. */
export const paintDiff = (lines: readonly string[], paint: Paint): readonly string[] =>
  lines.map((line, at) => (at < HEADER_LINES ? paint.bold(visible(line)) : paintLine(visible(line), paint)));

/** `---` and `+++`. */
const HEADER_LINES = 2;

export function paintLine(line: string, paint: Paint): string {
  if (line.startsWith('@@')) return paint.cyan(line);
  if (line.startsWith('-')) return paint.red(line);
  return line.startsWith('+') ? paint.green(line) : line;
}
