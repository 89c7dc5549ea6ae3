import type { RuleSet } from '../cors/rule.ts';

/** One mistake in a document or an option, with all that the reader needs to correct it. */
export interface Fault {
  /** Where, in the document's own words: `CORSRule[2]/AllowedMethod[1]`; counted from 1. */
  readonly place: string;
  /** The value found there; absent when something is missing or the document can't be parsed. */
  readonly value?: string;
  /** Why it is refused. */
  readonly reason: string;
  /** What to write instead. */
  readonly write: string;
}

/** What may fail before the edge serves. `F`: a fault, or the line that reports it. */
export type Result<T, F = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly F[] };

/** A fault in one line. */
export const faultText = ({ place, value, reason, write }: Fault): string =>
  `${place}${value === undefined ? '' : ` "${value}"`} ${reason}; write ${write}`;

/**
 * How a document is read. `strict`: any fault refuses the whole document (files, inline, command lines).
 * `store`: the store enforces the rules that it serves, so an unknown value is skipped
 * with a warning and only a document that can't be parsed is refused (semantics.md §1).
 */
export type Reading = 'strict' | 'store';

export type Document =
  | { readonly ok: true; readonly ruleSet: RuleSet; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };
