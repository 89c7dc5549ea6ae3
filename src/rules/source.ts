import type { RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';

/**
 * What one attempt to load rules brought. `none` is an answer and replaces the rules, `missing` too;
 * `unknown` never is: it leaves the last good rules in force (promise 2).
 */
export type Loaded =
  | { readonly outcome: 'rules'; readonly ruleSet: RuleSet; readonly warnings: readonly Fault[] }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'missing' }
  | {
      readonly outcome: 'unknown';
      /** What happened, and what the reader can do about it. */
      readonly cause: string;
      readonly cure: string;
      /** The document's faults, where it was a document that was wrong. */
      readonly faults?: readonly Fault[];
    };

/** Asks once for a document, wherever it is; rejects when no answer comes, or one longer than `maxBytes`. */
export type Ask = (limits: { readonly maxBytes: number; readonly signal: AbortSignal }) => Promise<{
  readonly status: number;
  readonly text: string;
}>;

/** Where rules come from. `load` may reject; that counts as `unknown`. */
export interface Source {
  readonly kind: 'bucket' | 'file' | 'url' | 'inline';
  /** For people: a path or URL, without secrets. */
  readonly name: string;
  load(signal: AbortSignal): Promise<Loaded>;
}

/** Faults in one line, for causes and logs. */
export const faultLine = (faults: readonly Fault[]): string =>
  faults
    .map(({ place, value, reason, write }) =>
      [place, value === undefined ? '' : ` "${value}"`, ` ${reason}: write ${write}`].join(''),
    )
    .join('; ');
