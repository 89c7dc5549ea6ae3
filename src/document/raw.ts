import type { Code } from './codes.ts';
import type { Fault } from './fault.ts';
import type { Field, Form } from './forms.ts';
import type { Located } from './place.ts';

/** Elements and lists nested deeper than this are refused; a CORS document needs three levels. */
export const MAX_DEPTH = 16;

export interface Problem extends Pick<Fault, 'reason' | 'write'> {
  readonly code: Code;
}

/** One value from the document, untrimmed. */
export interface Given extends Located {
  readonly value: string;
  /** Set when the value is not text at all. */
  readonly problem?: Problem;
  /** The value is `null`. */
  readonly absent?: true;
}

/** A name that the form does not define at this place. */
export interface UnknownName extends Located {
  readonly name: string;
}

export interface RawRule extends Located {
  readonly given: Readonly<Record<Field, readonly Given[]>>;
  readonly unknown: readonly UnknownName[];
}

/** The parts of a document in any form, before their values are checked. */
export interface Raw {
  readonly form: Form;
  /** The path of the keys around the form; empty for the whole document. */
  readonly path: string;
  readonly rules: readonly RawRule[];
  readonly responseVary: readonly Given[];
  /** Unknown names beside the rules. */
  readonly unknown: readonly UnknownName[];
  /** Names beside the keys around the form. They count only if they seem to mean the rules too. */
  readonly around: readonly UnknownName[];
  /** Faults in the structure that leave the rest readable. */
  readonly faults: readonly Fault[];
  /** Faults that make the document ambiguous: either reading refuses it. */
  readonly fatal: readonly Fault[];
}

export type RawResult =
  | { readonly ok: true; readonly raw: Raw }
  | { readonly ok: false; readonly fault: Fault };

export function emptyGiven(): Record<Field, Given[]> {
  return {
    allowedOrigins: [],
    allowedMethods: [],
    allowedHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: [],
    id: [],
  };
}

/**
 * Returns a function from an offset in the text to `line 3, column 5`, counted from 1. It resumes at the line of the
 * previous call, so ask in ascending order.
 */
export function locator(text: string): (offset: number) => string {
  let line = 1;
  let start = 0;
  return (offset) => {
    if (offset < start) {
      line = 1;
      start = 0;
    }
    let end = text.indexOf('\n', start);
    while (end >= 0 && end < offset) {
      line += 1;
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    return `line ${line}, column ${offset - start + 1}`;
  };
}

/** At most `most` characters of a value, so that a hostile document cannot fill the log through its faults. */
export function excerpt(value: string, most = 200): string {
  const head = new RegExp(`^[\\s\\S]{0,${most}}`, 'u').exec(value)?.[0] ?? '';
  return head.length < value.length ? `${head}…` : value;
}
