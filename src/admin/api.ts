import type { Explained } from './explain.ts';

/**
 * The JSON of the admin port that the live page reads. `?bucket=NAME` names a bucket; it may be left out where one bucket
 * is served. Times are ISO 8601 in UTC.
 */

/** `GET /buckets`: the names of all buckets that are served. */
export interface BucketList {
  readonly buckets: readonly string[];
}

/** A rule in the words of the OSS console. Empty lists are lists that the document does not have. */
export interface ConsoleRule {
  readonly id: string | null;
  readonly sources: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  /** Seconds; null: the rule has none. */
  readonly cacheTimeout: number | null;
}

export interface ConsoleRules {
  readonly rules: readonly ConsoleRule[];
  /** `Vary: Origin` in the console (`ResponseVary`). */
  readonly varyOrigin: boolean;
}

/** A field of the rule panel. */
export type ConsoleField = keyof ConsoleRule | 'varyOrigin';

/** A finding of `check`, or a fault of a document, beside the field that it is about. */
export interface PlacedFinding {
  readonly severity: 'error' | 'warning' | 'info';
  /** A code of docs/checks.md; null for a fault of the document itself. */
  readonly code: string | null;
  /** Counted from 1; null: the rule set as a whole. */
  readonly rule: number | null;
  readonly field: ConsoleField | null;
  readonly value: string | null;
  readonly reason: string;
  readonly write: string;
}

/** `GET /panel?bucket=`: all that the Rules view shows. */
export interface Panel {
  readonly bucket: string;
  readonly state: 'not_loaded' | 'fresh' | 'stale' | 'unavailable';
  readonly source: { readonly kind: string; readonly name: string };
  readonly store: 'oss' | 's3';
  /** Null without last good rules. */
  readonly version: string | null;
  readonly loadedAt: string | null;
  readonly confirmedAt: string | null;
  /** Why the last load failed and what to do; null if it did not. */
  readonly failure: { readonly cause: string; readonly cure: string; readonly at: string } | null;
  /** Null: no rules are known, or the bucket has none. */
  readonly rules: ConsoleRules | null;
  readonly findings: readonly PlacedFinding[];
  readonly edit: Editable;
}

/** Whether rules can be changed here; `because` is a sentence with what to do. */
export type Editable =
  | { readonly possible: true; readonly where: 'edge' | 'bucket' }
  | { readonly possible: false; readonly because: string };

/** One line of `GET /versions?bucket=`, the newest first, at most 20. */
export interface VersionLine {
  readonly version: string;
  /** When this process first saw it. */
  readonly at: string;
  readonly rules: number;
  readonly isInForce: boolean;
}

/** `GET /diff?bucket=&from=VERSION&to=VERSION`. */
export interface VersionDiff {
  readonly changes: readonly ChangeLine[];
  /** False: the rules are too many to compare all requests, or those before are unknown. */
  readonly complete: boolean;
}

export interface ChangeLine {
  readonly effect: 'allowed' | 'refused' | 'answered';
  readonly isWider: boolean;
  /** "https://x can PUT …". */
  readonly sentence: string;
}

/** `POST /draft?bucket=` with `ConsoleRules` as JSON: what the rules would mean. Changes nothing. */
export interface Draft extends VersionDiff {
  /** True: the store, or the edge, would refuse the document; `findings` says why. */
  readonly isRefused: boolean;
  readonly findings: readonly PlacedFinding[];
  /** The document as XML; null if it is refused. */
  readonly document: string | null;
}

/**
 * `PUT /panel?bucket=` with `ConsoleRules` as JSON and `If-Match: "VERSION"`: saves them if the rules are still that
 * version. 200 `Panel`; 412 `SaveRefused` with the newer version; 422 `Draft`; 403 where rules cannot be changed; 502 where
 * the bucket refused.
 */
export interface SaveRefused {
  readonly error: string;
  readonly cure: string;
}

/** `POST /ask?bucket=` with `{text}` (a curl command, or a browser's error sentence) or a question of `/explain`. */
export interface Asked {
  /** What the text was read as; null for a question. */
  readonly read: 'curl' | 'message' | null;
  /** The question: the values of the form's fields. */
  readonly question: {
    readonly origin: string;
    readonly method: string;
    readonly headers: string;
    readonly path: string;
    readonly credentials: boolean;
  };
  /** What a browser's sentence says, in the words of explain; null without one. */
  readonly message: string | null;
  readonly explained: Explained;
}

/** Refused requests that are alike. */
export interface RefusalGroup {
  /** Stays the same while the group exists. */
  readonly id: string;
  readonly bucket: string;
  readonly kind: 'preflight' | 'actual';
  readonly origin: string | null;
  /** The method that the page wants to use. */
  readonly method: string;
  /** Requested header names, sorted, lower-cased. */
  readonly headers: readonly string[];
  /** A reason of decisions, or `credentials_not_allowed`: allowed by the rules, and lost for lack of Allow-Credentials. */
  readonly reason: string;
  /** Explain's sentence. */
  readonly because: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** A path of one of the requests, without the query. */
  readonly path: string;
  /** The least change that would allow it; null if no rule could. */
  readonly cure: RefusalCure | null;
}

/** A group that follows once it is explained. */
export type WaitingGroup = Pick<RefusalGroup, 'id' | 'bucket' | 'count'>;

export interface RefusalCure {
  /** "Add https://x to the origins of rule 2." */
  readonly sentence: string;
  readonly rules: ConsoleRules;
  /** What else the change would allow. */
  readonly changes: readonly ChangeLine[];
}

/** `GET /refusals`: the newest groups first; those that take long to explain are left to the events. */
export interface RefusalList {
  readonly groups: readonly RefusalGroup[];
  /** How many groups were dropped for newer ones. */
  readonly dropped: number;
}

/** `GET /traffic`: the last hour in steps of 60 seconds, the oldest first. */
export interface Traffic {
  readonly stepSeconds: number;
  /** The end of the last step, which is under way: its numbers still grow. */
  readonly at: string;
  readonly buckets: readonly BucketTraffic[];
}

export interface BucketTraffic {
  /** Empty: requests for no bucket. `other`: all buckets beyond 200. */
  readonly bucket: string;
  readonly requests: readonly number[];
  readonly preflights: readonly number[];
  /** By the rules; unknown rules refuse nothing. */
  readonly refused: readonly number[];
  /** Answers of 500 and more, and failures. */
  readonly errors: readonly number[];
  /** Mean milliseconds until the bucket's answer ended; null in a step without one. */
  readonly bucketMs: readonly (number | null)[];
  /** Requests in flight now. */
  readonly inFlight: number;
}

/**
 * `GET /events`, server-sent events. At the start, and after a gap: `waiting` with the groups that are not explained yet, and
 * `refusals` with the newest of the others. `waiting` comes again while there are such groups, and once it is empty. Then `refusal` with one
 * group that is new here, counted on, or explained again, `traffic` every five seconds, `rules` with a bucket's name when its rules or their state change.
 */
export interface Events {
  readonly waiting: readonly WaitingGroup[];
  readonly refusals: readonly RefusalGroup[];
  readonly refusal: RefusalGroup;
  readonly traffic: Traffic;
  readonly rules: { readonly bucket: string };
}
