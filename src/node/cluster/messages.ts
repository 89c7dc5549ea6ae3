import type { SecureContextOptions } from 'node:tls';
import type { Config } from '../../config/read.ts';
import type { Behaviour } from '../../cors/behaviour.ts';
import type { Bucket } from '../../edge/route.ts';
import type { LastGood } from '../../rules/ledger.ts';
import type { CountsTaken } from '../metrics/counts.ts';
import type { Spelt } from '../server/listen-fault.ts';

/** All that a worker is told of a bucket; what its rules come from stays with the primary. */
export interface BucketTold {
  readonly route: Omit<Bucket, 'rules'>;
  /** What its rules are known under. */
  readonly key: string;
  readonly behaviour: Behaviour;
}

/**
 * What the primary knows of a bucket's rules. Times are spans that end or begin when the message is sent: the monotonic
 * clock of each process begins at a moment of its own.
 */
export interface RulesTold {
  readonly key: string;
  /** Counted up by all that is told: what is older than what a worker has says nothing. */
  readonly number: number;
  /** Null while there are none. */
  readonly version: string | null;
  /** Null where the worker has that version, or there is none. */
  readonly good: Pick<LastGood, 'outcome' | 'ruleSet'> | null;
  /** Milliseconds since a load last found the version. */
  readonly age: number;
  /** Milliseconds until the worker should ask again, though nothing changes. */
  readonly due: number;
  /** The last load failed. */
  readonly failed: boolean;
}

export type ToWorker =
  /** Once, and first: what to be. */
  | {
      readonly kind: 'begin';
      readonly config: Config;
      readonly spelt: Spelt;
      readonly edgeId: string;
      readonly workers: number;
      /** Read by the primary; null: in the clear. */
      readonly certificate: SecureContextOptions | null;
    }
  | { readonly kind: 'certificate'; readonly context: SecureContextOptions }
  | { readonly kind: 'buckets'; readonly buckets: readonly BucketTold[] }
  | { readonly kind: 'listen' }
  | { readonly kind: 'rules'; readonly told: RulesTold }
  /** A client was told that the rules have been changed: requests wait for the new ones. */
  | { readonly kind: 'renewing'; readonly key: string }
  /** The answer to a worker's question; null when the bucket is served no more. */
  | { readonly kind: 'answer'; readonly id: number; readonly told: RulesTold | null }
  | { readonly kind: 'count'; readonly id: number }
  /** Take nothing new, and end when the clients have left, or after so many milliseconds; null: however long it takes. */
  | { readonly kind: 'end'; readonly limit: number | null }
  /** The answer to `leaving`: no connection is on its way any more. */
  | { readonly kind: 'go'; readonly id: number };

export type ToPrimary =
  | { readonly kind: 'up' }
  | { readonly kind: 'listening'; readonly url: string }
  /** Why it can't start, as a start fault says it. */
  | { readonly kind: 'fault'; readonly lines: readonly string[] }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly key: string;
      /** What it has; null: nothing, so that whatever is known is told at once. */
      readonly version: string | null;
      /** Rules are to be loaded anew first. */
      readonly renew: boolean;
    }
  /** What was counted since the last time, by itself or as the answer to `count`. */
  | { readonly kind: 'counts'; readonly taken: CountsTaken | null; readonly id: number | null }
  /** It takes no connections any more, and is about to end. */
  | { readonly kind: 'leaving'; readonly id: number };
