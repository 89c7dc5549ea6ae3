import type { RuleSet } from '../cors/rule.ts';
import type { Code, Severity } from './codes.ts';
import type { FormName } from './forms.ts';
import type { LineOf, PlaceOf } from './place.ts';
import { visible } from './visible.ts';

/** One fault in a document or an option, with everything that is needed to correct it. */
export interface Fault {
  /** The kind of fault, for faults in rules documents (docs/checks.md). */
  readonly code?: Code;
  readonly severity?: Severity;
  /** In the document's own names, counted from 1: `CORSRule[2]/AllowedMethod[1]`. */
  readonly place: string;
  /** The value found there; absent when something is missing or the document cannot be parsed. */
  readonly value?: string;
  /** The predicate of a sentence about the place: `is empty`. */
  readonly reason: string;
  /** What to write instead. */
  readonly write: string;
}

/** What may fail before the edge serves. `F`: a fault, or the line that reports it. */
export type Result<T, F = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly F[] };

/** The value, or every fault that was found. */
export const resultOf = <T, F>(value: T, faults: readonly F[]): Result<T, F> =>
  faults.length > 0 ? { ok: false, faults } : { ok: true, value };

/** What is wrong; empty for a value. */
export const faultsOf = <T, F>(result: Result<T, F>): readonly F[] => (result.ok ? [] : result.faults);

const sentence = ({ place, value, reason }: Fault): string =>
  `${place}${value === undefined ? '' : ` "${value}"`} ${reason}`;

/** One fault in one line. */
export const faultText = (fault: Fault): string => visible(`${sentence(fault)}; write ${fault.write}`);

/** Several faults in one line, for causes and logs. */
export const faultLine = (faults: readonly Fault[]): string =>
  visible(faults.map((fault) => `${sentence(fault)}: write ${fault.write}`).join('; '));

/**
 * How a document is read. `strict`: any fault refuses the whole document (files, inline, command lines).
 * `store`: the store enforces these rules whatever their faults, so an invalid value is skipped with a warning and
 * only a document that cannot be parsed is refused (semantics.md §1).
 */
export type Reading = 'strict' | 'store';

export interface Refused {
  readonly ok: false;
  readonly faults: readonly Fault[];
}

export type Document = (
  | {
      readonly ok: true;
      readonly ruleSet: RuleSet;
      readonly warnings: readonly Fault[];
      readonly form: FormName;
      readonly placeOf: PlaceOf;
      /** The places of keys around the rules and of names that are not read: no rule set says them. */
      readonly beyond: readonly string[];
    }
  | Refused
) & { readonly lineOf: LineOf };
