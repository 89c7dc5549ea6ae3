import type { Field } from './forms.ts';

/** Where a rule, or one of its values, stands in the document: `CORSRule[2]/AllowedOrigin[1]`. All numbers from 1. */
export type PlaceOf = (rule: number | null, field?: Field | 'responseVary', index?: number) => string;

/** The line of a place in the text, from 1; undefined if the rules come from no text. */
export type LineOf = (place: string) => number | undefined;

/** A place and its offset in the text. */
export interface Located {
  readonly place: string;
  readonly at: number;
}

/**
 * Finds lines of places. A place that `located` does not have counts as the place around it; the last is the whole
 * text. A place such as `line 3, column 5` is its own line. `located` is called at the first question.
 */
export function linesOf(text: string, located: () => Iterable<Located> = () => []): LineOf {
  let offsets: ReadonlyMap<string, number> | undefined;
  return (place) => {
    const written = /^line ([0-9]+)/.exec(place)?.[1];
    if (written !== undefined) return Number(written);
    offsets ??= new Map(Array.from(located(), (one) => [one.place, one.at]));
    return lineAt(text, offsetOf(place, offsets));
  };
}

function offsetOf(place: string, offsets: ReadonlyMap<string, number>): number {
  for (let around = place; around !== ''; around = outside(around)) {
    const found = offsets.get(around) ?? offsets.get(`${around}[1]`);
    if (found !== undefined) return found;
  }
  return 0;
}

/** `a[1]/b[2]`, `a[1]/b`, `a[1]`, `a`, nothing. */
function outside(place: string): string {
  const numbered = place.endsWith(']') ? place.lastIndexOf('[') : -1;
  return place.slice(0, Math.max(numbered, place.lastIndexOf('/'), 0));
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
