import type { Behaviour } from '../cors/behaviour.ts';
import type { Facts } from '../cors/decide.ts';
import type { RuleSet } from '../cors/rule.ts';
import type { Outcome } from './outcome.ts';

/** A configuration that was read back from another edge. */
export interface Deployed {
  /** What it is: `the response headers of Alibaba CDN`. */
  readonly name: string;
  /**
   * Its rules, if it enforces rules in the sense of the engine; else rules whose entries divide origins and header names
   * into the classes that it distinguishes.
   */
  readonly rules: RuleSet;
  readonly behaviour: Behaviour;
  /** True if it enforces `rules` exactly: they can be compared by `diffRules`. */
  readonly isExact: boolean;
  /**
   * What its answer to a request has. `bucket` is what the bucket behind it answers by the rules of the comparison: some
   * targets leave a part of the answer to the bucket, and ignore it without one.
   */
  answer(request: Facts, bucket?: Outcome): Outcome;
  /** It has a cache that stores the bucket's answers, and answers every origin with them: Vary has no part in it. */
  readonly ignoresVary?: boolean;
  /** It is for a part of the requests only, by path or by anything else that is not compared: notes say which. */
  readonly isPartial?: boolean;
  /** True if an exported file has other lines than its rules ask for: it was changed by hand, or written by another version. */
  readonly isEdited: boolean;
  /** What could not be read, or is outside of what this program understands; sentences. */
  readonly notes: readonly string[];
}
