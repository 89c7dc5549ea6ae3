import type { Method } from '../cors/rule.ts';
import type { Difference } from './diff.ts';

/** What is different for a page. */
export type Changed =
  /** It may send the method at all, or no longer. */
  | { readonly kind: 'method' }
  /** It may send request headers, or no longer; `together`: each alone is decided as before. Patterns have a `*`. */
  | { readonly kind: 'headers'; readonly names: readonly string[]; readonly together: boolean }
  /** Its scripts may read response headers, or no longer. */
  | { readonly kind: 'exposed'; readonly names: readonly string[] }
  /** A header of the answer has another value; null: it is absent; OWN: the page's origin. */
  | {
      readonly kind: 'answer';
      readonly request: Difference['kind'];
      readonly name: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /** Every answer has `Vary: Origin`, or no longer. */
  | { readonly kind: 'vary'; readonly after: boolean };

/** Stands for the origin of the request among the values of an answer. */
export const OWN = '(its own origin)';

export interface ChangedOrigin {
  readonly origin: string;
  /** The entry of AllowedOrigin that accepts it; a pattern accepts others too. */
  readonly entry: string;
  /** False if no browser sends it. */
  readonly isUsual: boolean;
}

/** One change for several origins and methods. */
export interface Change {
  readonly effect: 'allowed' | 'refused' | 'answered';
  readonly changed: Changed;
  readonly isWider: boolean;
  readonly isNarrower: boolean;
  readonly origins: readonly ChangedOrigin[];
  readonly methods: readonly Method[];
  /** Numbers of the rules that decide; null: no rule applies. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface Changes {
  readonly changes: readonly Change[];
  /** False if the rule sets have too many classes or rules to compare all requests. */
  readonly complete: boolean;
}
