import type { Rule } from '../../cors/rule.ts';
import type { Code, Severity } from '../../document/codes.ts';
import type { Fault } from '../../document/fault.ts';

/** One finding about a rule set: the reason and what to write, with the rule as it should be. */
export interface Finding extends Fault {
  readonly code: Code;
  readonly severity: Severity;
  /** The number of the rule, counted from 1; null for the rule set as a whole. */
  readonly rule: number | null;
  /**
   * The whole rule with this finding corrected; null: leave the rule out. Absent if a person has to decide, and for a rule
   * that contains a password or a signature.
   */
  readonly rewritten?: Rule | null;
}

export type { PlaceOf } from '../../document/place.ts';
