import { causeOf } from '../bucket/cause.ts';
import { UNSIGNED } from '../bucket/read.ts';
import { monotonic } from './clock.ts';
import type { Examiner } from './findings.ts';
import { READ_TIMEOUT } from './keep.ts';
import {
  type RulesRecord,
  recordAnswer,
  recordFailure,
  type Taking,
  type Timing,
  validatorsOf,
} from './record.ts';
import { isLocal, type RuledBucket } from './ruled-bucket.ts';
import type { Loaded, Source, Validators } from './source.ts';
import type { RulesStorage } from './storage.ts';
import { within } from './within.ts';

/** Milliseconds after which a load has failed, and the longest that a request waits for first rules. */
export const LOAD_TIMEOUT = 5_000;

const BACK_OFF_FIRST = 1_000;
const BACK_OFF_CEILING = 60_000;

export interface LoaderOptions {
  readonly storage: RulesStorage;
  readonly examiner: Examiner;
  readonly timing: Timing;
  /** Milliseconds that loaded rules are served before the source is asked again. */
  readonly ttl: number;
  /** Called after a load has stored a new version. */
  readonly onVersion: (bucket: RuledBucket, version: string) => void;
}

/**
 * Loads a bucket's rules into its record and sets when the next load is `due`, within LOAD_TIMEOUT however slow storage
 * and source are. With `isRefresh` the source is asked although a stored copy was found. Call it for one load of a
 * record at a time. Never rejects.
 */
export type Load = (bucket: RuledBucket, record: RulesRecord, isRefresh: boolean) => Promise<void>;

export function createLoader({ storage, examiner, timing, ttl, onVersion }: LoaderOptions): Load {
  /** Resolves to the milliseconds until the next load. A stored copy is served at once, and the source asked next. */
  async function recallOrAsk(bucket: RuledBucket, record: RulesRecord, isRefresh: boolean): Promise<number> {
    const began = monotonic();
    record.stored = !isLocal(bucket);
    if (bucket.source.isAuthority) return askOrRecall(bucket, record, isRefresh, began);
    const recalling = record.stored && storage.recallIfNeeded(bucket, record);
    // Without storage the source is asked in this turn.
    const recalled = recalling && (await recalling);
    return recalled && !isRefresh ? 1 : jittered(await ask(bucket, record, isRefresh, began));
  }

  /** The same for a source that no stored copy is newer than. */
  async function askOrRecall(
    bucket: RuledBucket,
    record: RulesRecord,
    isRefresh: boolean,
    began: number,
  ): Promise<number> {
    const limit = record.lastGood === null ? LOAD_TIMEOUT - READ_TIMEOUT : LOAD_TIMEOUT;
    const pause = await ask(bucket, record, isRefresh, began, limit);
    if (record.lastGood === null && record.stored) await storage.recallIfNeeded(bucket, record);
    return jittered(pause);
  }

  /** Resolves to the milliseconds until the next load. */
  async function ask(
    bucket: RuledBucket,
    record: RulesRecord,
    isRefresh: boolean,
    began: number,
    limit = LOAD_TIMEOUT,
  ): Promise<number> {
    const { source, behaviour } = bucket;
    const taking: Taking = { timing, examine: (rules) => examiner.examine(rules, behaviour) };
    const remaining = (): number => limit - (monotonic() - began);
    // After a stall of the process the source still gets its time.
    for (let left = Math.max(remaining(), LOAD_TIMEOUT - READ_TIMEOUT); left > 0; left = remaining()) {
      const before = record.lastGood;
      const answered = await loadOnce(source, validatorsOf(record, source), left);
      if (answered.outcome === 'rules') await examiner.ready(answered.ruleSet);
      const lost = answered.outcome === 'none' ? answered.lost : undefined;
      const loaded = lost !== undefined && (await knowsRules(record, remaining())) ? lost : answered;
      const taken =
        loaded.outcome === 'unknown'
          ? recordFailure(record, loaded, timing)
          : await recordAnswer(record, source, before, loaded, taking);
      // Another process published other rules during the load: ask the source again which are current.
      if (taken === 'overtaken') continue;
      countLoad(record, taken === 'changed');
      if (before === null && isInvented(bucket, loaded)) record.stored = false;
      if (taken === 'changed' && record.stored) {
        // Store first: processes that are notified of the version read it from storage.
        storage.store(record);
        onVersion(bucket, record.lastGood?.version ?? '');
      } else void storage.restore(record, isRefresh);
      return record.failure === null ? ttl : backOff(record.failure.count);
    }
    return 1;
  }

  /** Whether rules are in force or in a stored copy of any age. Storage without an answer in time may have some. */
  async function knowsRules({ key, lastGood, stored }: RulesRecord, limit: number): Promise<boolean> {
    if (lastGood !== null) return lastGood.ruleSet.rules.length > 0;
    return stored && within(Math.max(1, limit), storage.hasRules(key), () => true);
  }

  return async (bucket, record, isRefresh) => {
    const pause = await recallOrAsk(bucket, record, isRefresh);
    record.due = timing.now() + pause;
  };
}

function countLoad({ loads, failure }: RulesRecord, isChanged: boolean): void {
  if (failure !== null) loads.failed += 1;
  else if (isChanged) loads.changed += 1;
  else loads.unchanged += 1;
}

/**
 * Whether a client may have invented the name: copies of such answers would fill the storage. A register has no entry
 * either for a bucket that does not exist.
 */
const isInvented = ({ ofStore }: RuledBucket, loaded: Loaded): boolean =>
  ofStore === true &&
  (loaded.outcome === 'missing' || (loaded.outcome === 'none' && loaded.lost !== undefined));

/** Milliseconds until the next load after so many consecutive failures. */
const backOff = (failures: number): number =>
  Math.min(BACK_OFF_FIRST * 2 ** (failures - 1), BACK_OFF_CEILING);

/** ±10 %, so that edges which started together do not always load together. */
const jittered = (milliseconds: number): number =>
  Math.max(1, Math.round(milliseconds * (0.9 + Math.random() * 0.2)));

/** Asks the source once. A rejection or no answer within `limit` milliseconds is `unknown`. Never rejects. */
export function loadOnce(source: Source, previous: Validators | undefined, limit: number): Promise<Loaded> {
  const late = new AbortController();
  return within(limit, loadSafely(source, late.signal, previous), () => {
    late.abort();
    return {
      outcome: 'unknown',
      cause: `${source.name} did not answer within ${Number((limit / 1000).toFixed(1))} seconds`,
      cure: 'Check that the source is reachable from here.',
    };
  });
}

async function loadSafely(source: Source, signal: AbortSignal, previous?: Validators): Promise<Loaded> {
  try {
    return await source.load(signal, previous);
  } catch (error) {
    return unreadable(source, error);
  }
}

function unreadable(source: Source, error: unknown): Loaded {
  const cause = causeOf(error);
  return {
    outcome: 'unknown',
    cause: `${source.name} could not be read: ${cause}`,
    cure: cureFor(error, cause),
  };
}

function cureFor(error: unknown, cause: string): string {
  if (error instanceof Error && error.name === UNSIGNED)
    return 'Correct the keys that sign the request; --credentials names their source.';
  return CERTIFICATE.test(cause)
    ? 'Look at the certificate there; for a CA of your own set NODE_EXTRA_CA_CERTS to the file of its certificate.'
    : 'Check the address, that it can be reached from here, and what it answers.';
}

/** Node's error codes for a certificate that it rejects. */
const CERTIFICATE = /\b(?:CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|ERR_TLS_CERT_\w+)\b/;
