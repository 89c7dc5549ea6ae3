import type { Fault } from './fault.ts';
import type { Field, Words } from './words.ts';

/** Elements and lists nested deeper than this are refused; a CORS document needs three levels. */
export const MAX_DEPTH = 16;

export type Problem = Pick<Fault, 'reason' | 'write'>;

/** One value as the document gives it, untrimmed; `problem` says that it isn't even text. */
export interface Given {
  readonly place: string;
  readonly value: string;
  readonly problem?: Problem;
}

/** A name that the form does not know where it stands. */
export interface Stranger {
  readonly place: string;
  readonly name: string;
}

export interface RawRule {
  readonly place: string;
  readonly given: Readonly<Record<Field, readonly Given[]>>;
  readonly strangers: readonly Stranger[];
}

/** A document taken apart, whatever form it had; no value judged yet. */
export interface Raw {
  readonly words: Words;
  readonly rules: readonly RawRule[];
  readonly responseVary: readonly Given[];
  /** Strangers beside the rules. */
  readonly strangers: readonly Stranger[];
  /** What is wrong with the shape, though the rest can be read. */
  readonly faults: readonly Fault[];
  /** What makes the document ambiguous: it is refused in either reading. */
  readonly fatal: readonly Fault[];
}

export type Taken = { readonly ok: true; readonly raw: Raw } | { readonly ok: false; readonly fault: Fault };

export const emptyGiven = (): Record<Field, Given[]> => ({
  allowedOrigins: [],
  allowedMethods: [],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: [],
  id: [],
});

/**
 * Tells where an offset into the text stands: `line 3, column 5`, counted from 1. Offsets are best asked for in
 * rising order, as it goes on counting from the last.
 */
export const locator = (text: string): ((offset: number) => string) => {
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
};

/** A value short enough to be shown and kept: a hostile document must not fill the log through its faults. */
export const shown = (value: string): string => {
  const head = /^[\s\S]{0,200}/u.exec(value)?.[0] ?? '';
  return head.length < value.length ? `${head}…` : value;
};
