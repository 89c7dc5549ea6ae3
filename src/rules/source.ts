import type { RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';

/**
 * What a source gave with its rules so that it can be asked later whether they are still the same. Both are opaque
 * to everyone but the source that gave them.
 */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
  /** The document itself: one that is the same need not be read again. A compiled rule set is larger than its text. */
  readonly text?: string;
}

/**
 * What one attempt to load rules brought. `none` is an answer and replaces the rules, `missing` too;
 * `unknown` never is: it leaves the last good rules in force (promise 2).
 */
export type Loaded =
  | {
      readonly outcome: 'rules';
      readonly ruleSet: RuleSet;
      readonly warnings: readonly Fault[];
      /** Absent where the source gave none, or none that can be relied upon. */
      readonly validators?: Validators;
    }
  /** The rules are those that came with the validators the source was given; never without such. */
  | {
      readonly outcome: 'unchanged';
      /** Where they are others than those. */
      readonly validators?: Validators;
    }
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

/** What to ask with; `headers` are a flat list, name, value, name, value. */
export interface Asked {
  readonly headers: readonly string[];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Asks once for a document, wherever it is; rejects when no answer comes, or one longer than `maxBytes`. */
export type Ask = (asked: Asked) => Promise<Answer>;

/**
 * Where rules come from. `load` may reject; that counts as `unknown`. `previous` are the validators of the rules that
 * the caller still has; only with them may the outcome be `unchanged`.
 */
export interface Source {
  readonly kind: 'bucket' | 'file' | 'url' | 'inline' | 'kv';
  /** For people: a path or URL, without secrets. */
  readonly name: string;
  load(signal: AbortSignal, previous?: Validators): Promise<Loaded>;
}

/** Faults in one line, for causes and logs. */
export const faultLine = (faults: readonly Fault[]): string =>
  faults
    .map(({ place, value, reason, write }) =>
      [place, value === undefined ? '' : ` "${value}"`, ` ${reason}: write ${write}`].join(''),
    )
    .join('; ');
