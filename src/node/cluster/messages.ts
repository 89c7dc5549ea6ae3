import type { SecureContextOptions } from 'node:tls';
import type { Config } from '../../config/read.ts';
import type { Behaviour } from '../../cors/behaviour.ts';
import type { StorePlan } from '../../edge/store.ts';
import type { Access } from '../../open/access.ts';
import type { LastGood } from '../../rules/last-good.ts';
import type { RefusalsTaken } from '../../rules/refusals.ts';
import type { RegisterEntry } from '../../rules/register.ts';
import type { OpenedBucket } from '../buckets/open.ts';
import type { CountsTaken } from '../metrics/counts.ts';
import type { BucketUnderway } from '../metrics/underway.ts';
import type { Spelt } from '../server/listen-fault.ts';

/** A store as a worker process serves it. */
export interface ReplicatedStore {
  readonly plan: StorePlan;
  readonly access: Access;
}

/** The rules of a bucket, as a worker process asks for them. */
export type ReplicatedRules = Pick<ReplicatedBucket, 'key' | 'behaviour'>;

/** A bucket as a worker process serves it; the source of its rules stays with the primary. */
export interface ReplicatedBucket {
  readonly route: OpenedBucket['route'];
  /** The key of its rules in the primary's cache. */
  readonly key: string;
  readonly behaviour: Behaviour;
  readonly access: Access;
}

/** The result of a call of the register: the entry that was read, null otherwise, or why the call failed. */
export type RegisterOutcome =
  | { readonly ok: true; readonly entry: RegisterEntry | null }
  | { readonly ok: false; readonly message: string };

/**
 * The primary's state of a bucket's rules. Times are spans in milliseconds from the moment of sending: the monotonic
 * clocks of two processes start at different moments.
 */
export interface RulesSnapshot {
  readonly key: string;
  /** Sequence number over all snapshots; a worker process ignores one that is older than its own. */
  readonly number: number;
  /** Null without last good rules. */
  readonly version: string | null;
  /** Null where the worker process has that version, or without last good rules. */
  readonly good: Pick<LastGood, 'outcome' | 'ruleSet'> | null;
  /** Milliseconds since a load last found the version. */
  readonly age: number;
  /** Milliseconds until the worker process should ask again, even if the rules do not change. */
  readonly due: number;
  /** The last load failed. */
  readonly failed: boolean;
}

export type ToWorker =
  /** The first message, sent once: the initial state. */
  | {
      readonly kind: 'init';
      readonly config: Config;
      readonly spelt: Spelt;
      readonly edgeId: string;
      readonly workers: number;
      /** The primary reads the files; null without TLS. */
      readonly certificate: SecureContextOptions | null;
      /** The variables with keys; null: those of its own environment. */
      readonly env: Readonly<Record<string, string | undefined>> | null;
      /** Where rules that clients write are; null: nowhere. */
      readonly registerName: string | null;
    }
  | { readonly kind: 'certificate'; readonly context: SecureContextOptions }
  | {
      readonly kind: 'buckets';
      readonly buckets: readonly ReplicatedBucket[];
      /** The store whose buckets are served by name. */
      readonly store: ReplicatedStore | null;
    }
  | { readonly kind: 'listen' }
  | { readonly kind: 'rules'; readonly snapshot: RulesSnapshot }
  /** A client has changed the rules through another worker process: requests wait for the new rules. */
  | { readonly kind: 'renewing'; readonly key: string }
  /** The reply to `rulesRequest`; null when the bucket has been removed. A store's missing bucket has that outcome. */
  | { readonly kind: 'rulesReply'; readonly id: number; readonly snapshot: RulesSnapshot | null }
  /** The reply to `registerRead` and `registerWrite`. */
  | { readonly kind: 'registerReply'; readonly id: number; readonly outcome: RegisterOutcome }
  /** Send `counts` now, with this id. */
  | { readonly kind: 'collect'; readonly id: number }
  /** Stop accepting, and exit when the clients have left, or after `limit` milliseconds; null: without a limit. */
  | { readonly kind: 'drain'; readonly limit: number | null }
  /** The reply to `leaving`: the primary hands over no more connections. */
  | { readonly kind: 'leavingReply'; readonly id: number };

export type ToPrimary =
  /** The process runs and waits for `init`. */
  | { readonly kind: 'started' }
  | { readonly kind: 'listening'; readonly url: string }
  /** The lines of the start fault because of which it cannot listen. */
  | { readonly kind: 'fault'; readonly lines: readonly string[] }
  | {
      readonly kind: 'rulesRequest';
      readonly id: number;
      readonly key: string;
      /** The version that the worker process has; null: none, so the primary replies without waiting for a revalidation. */
      readonly version: string | null;
      /** The primary loads the rules first, even if they are not due. */
      readonly renew: boolean;
    }
  | { readonly kind: 'registerRead'; readonly id: number; readonly key: string }
  | {
      readonly kind: 'registerWrite';
      readonly id: number;
      readonly key: string;
      readonly entry: RegisterEntry;
    }
  /** Counts since the last message of this kind, sent by an interval (id null) or as the reply to `collect`. */
  | {
      readonly kind: 'counts';
      readonly taken: CountsTaken | null;
      /** What is under way now. */
      readonly underway: readonly BucketUnderway[];
      readonly id: number | null;
    }
  /** Refused requests since the last message of this kind, in groups. */
  | { readonly kind: 'refusals'; readonly taken: RefusalsTaken }
  /** It accepts no connections any more, and is about to exit. */
  | { readonly kind: 'leaving'; readonly id: number };
