import type { RuleSet } from '../cors/rule.ts';

/** One thing wrong in a document, told so that the reader can mend it without opening a manual. */
export interface Fault {
  /** Where, in the document's own words: `CORSRule[2]/AllowedMethod[1]`; counted from 1. */
  readonly place: string;
  /** The value found there; absent when something is missing or the document can't be parsed. */
  readonly value?: string;
  /** Why it can't stand. */
  readonly reason: string;
  /** What to write instead. */
  readonly write: string;
}

/** A fault in one line. */
export const faultText = ({ place, value, reason, write }: Fault): string =>
  `${place}${value === undefined ? '' : ` "${value}"`} ${reason}; write ${write}`;

/**
 * How a document is read. `strict`: any fault refuses the whole document (files, inline, command lines).
 * `store`: rules that a store serves are in force there whatever we think of them, so an unknown value is
 * skipped with a warning and only a document that can't be parsed is refused (semantics.md §1).
 */
export type Reading = 'strict' | 'store';

export type Document =
  | { readonly ok: true; readonly ruleSet: RuleSet; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };
