import { monotonic } from './clock.ts';
import { isLocal, type RuledBucket } from './in-force.ts';
import { within } from './keep.ts';
import { type Account, type Ledger, validatorsOf } from './ledger.ts';
import { LOAD_TIMEOUT, loadOnce } from './load.ts';

const BACK_OFF_FIRST = 1_000;
const BACK_OFF_CEILING = 60_000;

/** What is remembered of a bucket from its first request until it is forgotten. */
export interface Known {
  readonly account: Account;
  /** What was last told of its status. */
  told: string;
  /** The load under way, what is kept included. */
  loading: Promise<unknown> | null;
  /** A load that requests wait for, since a client was told of the change before it. */
  renewing: Promise<unknown> | null;
}

export interface Fetching {
  readonly bucket: RuledBucket;
  readonly known: Known;
  /** Somebody wants the source asked, not what is kept. */
  readonly anew: boolean;
}

export interface LoaderOptions {
  readonly ledger: Ledger;
  /** Milliseconds that loaded rules are served without asking again. */
  readonly ttl: number;
  /** Called when a load brings a version that is not kept here alone. */
  readonly onVersion: (bucket: RuledBucket, version: string) => void;
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number;
}

/**
 * Loads rules and has the ledger take down what came, within one time limit whatever is slow. The promise is of the
 * milliseconds until the next load, and never rejects.
 */
export function createLoader({
  ledger,
  ttl,
  onVersion,
  now,
}: LoaderOptions): (fetching: Fetching) => Promise<number> {
  /** What is held may be set or evicted while a load runs: of two at once the older answer could come last. */
  async function oneByOne(known: Known, load: () => Promise<number>): Promise<number> {
    while (known.loading !== null) await known.loading;
    const loading = load().finally(() => {
      known.loading = null;
    });
    known.loading = loading;
    return loading;
  }

  async function loadAndPlan(fetching: Fetching): Promise<number> {
    const { account } = fetching.known;
    const pause = await recallOrLoad(fetching);
    account.next = now() + pause;
    return pause;
  }

  /** Gives back the milliseconds until the next load: what was kept is served at once, and the store asked next. */
  async function recallOrLoad(fetching: Fetching): Promise<number> {
    const { bucket, known, anew } = fetching;
    const { account } = known;
    const began = monotonic();
    account.outlives = !isLocal(bucket);
    const recalling = account.outlives && ledger.recallOnce(account);
    const recalled = recalling && (await within(LOAD_TIMEOUT / 2, recalling).catch(() => false));
    return recalled && !anew ? 1 : jittered(await load(fetching, began));
  }

  /** Loads and takes down what came; gives back the milliseconds until the next load. */
  async function load({ bucket, known: { account }, anew }: Fetching, began: number): Promise<number> {
    const { source } = bucket;
    for (let left = LOAD_TIMEOUT; left > 0; left = LOAD_TIMEOUT - (monotonic() - began)) {
      const before = account.lastGood;
      const loaded = await loadOnce(source, validatorsOf(account, source), left);
      const taken =
        loaded.outcome === 'unknown'
          ? ledger.fail(account, loaded)
          : await ledger.confirm(account, source, before, loaded);
      // Others have told of other rules meanwhile: whose are newer the source knows.
      if (taken === 'overtaken') continue;
      if (taken === 'changed' && account.outlives) {
        // Those who hear of the version read it from where it is stored.
        ledger.store(account);
        onVersion(bucket, account.lastGood?.version ?? '');
      } else void ledger.restore(account, anew);
      return account.failure === null ? ttl : backOff(account.failure.count);
    }
    return 1;
  }

  return (fetching) => oneByOne(fetching.known, () => loadAndPlan(fetching));
}

/** Milliseconds until the next load after so many failed ones. */
const backOff = (failed: number): number => Math.min(BACK_OFF_FIRST * 2 ** (failed - 1), BACK_OFF_CEILING);

/** A fleet that started together must not ask together for ever. */
const jittered = (milliseconds: number): number =>
  Math.max(1, Math.round(milliseconds * (0.9 + Math.random() * 0.2)));
