import type { PlaceOf } from '../analysis/check/finding.ts';
import type { RuleSet } from '../cors/rule.ts';
import { type Fault, faultLine, type Reading } from '../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../document/read.ts';

export { MAX_DOCUMENT_BYTES };

/** What a source sent with its rules so that it can be asked later whether they changed. Opaque to all others. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
  /** The document itself: an identical one is not read again. Stored as text, as a compiled rule set is larger. */
  readonly text?: string;
}

/** A rules document that a source answered with. */
export interface LoadedRules {
  readonly outcome: 'rules';
  readonly ruleSet: RuleSet;
  readonly warnings: readonly Fault[];
  /** Where the rules stand in the document; absent: places of findings are numbered as in the rule set. */
  readonly placeOf?: PlaceOf;
  /** Length of the document. */
  readonly bytes?: number;
  /** Absent if the source sent no reliable ones. */
  readonly validators?: Validators;
}

export interface LoadedUnknown {
  readonly outcome: 'unknown';
  readonly cause: string;
  /** What the operator can do about it. */
  readonly cure: string;
  /** The cure for a program that reads the rules once and takes them from nowhere else; absent if it is `cure`. */
  readonly cureOnce?: string;
  /** The document's faults, if a document was rejected. */
  readonly faults?: readonly Fault[];
}

/**
 * The result of one attempt to load rules. `rules`, `none` and `missing` are answers and replace the rules in force;
 * `unknown` leaves the last good rules in force (promise 2).
 */
export type Loaded =
  | LoadedUnknown
  | LoadedRules
  /** Not modified. Allowed only when `previous` was passed. */
  | {
      readonly outcome: 'unchanged';
      /** Set when the validators changed. */
      readonly validators?: Validators;
    }
  | {
      readonly outcome: 'none';
      /** The outcome instead if rules are known: the storage has no entry, and says nothing about their deletion. */
      readonly lost?: LoadedUnknown;
    }
  /** The bucket does not exist. */
  | { readonly outcome: 'missing' };

/** A request for a document; `headers` is a flat list: name, value, name, value. */
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

/** Requests a document once. Rejects without a response, and for a body longer than `maxBytes`. */
export type Ask = (asked: Asked) => Promise<Answer>;

/**
 * Where rules come from. A rejected `load` counts as `unknown`. `previous` are the validators of the rules that the
 * caller still has; only with them may the outcome be `unchanged`.
 */
export interface Source {
  /** A row of sources/kinds.ts, or a library user's own word. */
  readonly kind: string;
  /** A path or URL without secrets, to be shown. */
  readonly name: string;
  load(signal: AbortSignal, previous?: Validators): Promise<Loaded>;
  /**
   * The source is this edge's own storage, and never older than a stored copy of what it answered with: a copy counts only
   * if the source does not answer and no rules are known.
   */
  readonly isAuthority?: true;
  /** For rules that clients write: the last write that could be read, as of the last load; null before it, or if it was lost. */
  written?(): Written | null;
}

/** Who wrote rules through the edge, and when. */
export interface Written {
  /** The access key id that signed the write. */
  readonly writer: string;
  /** Epoch milliseconds of the wall clock. */
  readonly writtenAt: number;
}

/** Reads the document that a source found. One that cannot be read is `unknown`, with the given cure. */
export function loadedFrom(text: string, reading: Reading, cure: string): Loaded {
  const document = readDocument(text, reading);
  if (!document.ok)
    return { outcome: 'unknown', cause: faultLine(document.faults), cure, faults: document.faults };
  const bytes = new TextEncoder().encode(text).length;
  return { ...document, outcome: 'rules', bytes };
}
