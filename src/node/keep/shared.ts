import { hostname } from 'node:os';
import type { Config, Places } from '../../config/read.ts';
import { asFlag } from '../../config/spell.ts';
import { registeredKey } from '../../open/bucket.ts';
import type { Bus } from '../../rules/bus.ts';
import type { RulesCache } from '../../rules/cache.ts';
import type { Keep } from '../../rules/keep.ts';
import { coalesced, refreshLoaded } from '../../rules/refresh.ts';
import type { Register } from '../../rules/register.ts';
import { keyOf, ownKey, type RuledBucket, sharedKey } from '../../rules/ruled-bucket.ts';
import { isThisMachine } from '../reach.ts';
import { directoryRegister, hasEntries } from './register-directory.ts';
import { openStateDirectory } from './state-directory.ts';

/** Storage outside the process, and the bus to other processes. */
export interface Shared {
  readonly keeps: readonly Keep[];
  readonly bus: Bus | null;
  /** Where the rules that clients write are: in Redis, else in the state directory; null without both. */
  readonly register: Register | null;
  /** Why last good rules cannot be stored now, one line each. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface SharedOptions {
  /** Where each option was set, for warnings. */
  readonly places: Places;
  readonly warn: (message: string) => void;
  /** Whether clients write rules of a bucket. */
  readonly isRegister: boolean;
  /** Called when storage is reachable again: it may have lost its data. */
  readonly onBack: () => void;
}

/** Opens the state directory and Redis, where they are configured. Rejects with a start fault. */
export async function openShared(
  { stateDir, redis }: Pick<Config, 'stateDir' | 'redis'>,
  { warn, onBack, places, isRegister }: SharedOptions,
): Promise<Shared> {
  const states = stateDir === null ? [] : [await openState(stateDir, warn, isRegister && redis === null)];
  const problems = () => states.flatMap((state) => state.problem() ?? []);
  if (redis === null) {
    const register = stateDir === null ? null : directoryRegister(stateDir);
    return { keeps: states, bus: null, register, problems, close: async () => {} };
  }
  const warning = plainTextWarning(redis);
  if (warning !== null) warn(`${places.redis ?? asFlag('redis')}: ${warning}`);
  if (stateDir !== null && (await hasEntries(stateDir)))
    warn(
      `the state directory ${stateDir} has rules that clients wrote, and with ${places.redis ?? asFlag('redis')} those in ` +
        'Redis count: write them again there, then remove its files register-*.json',
    );
  // Imported only if configured: the client takes 0.1 s and 27 MB.
  const { openRedis } = await import('./redis.ts');
  const { keep, bus, register, close } = await openRedis(redis, warn, onBack);
  return {
    keeps: [...states, keepAmongMachines(keep)],
    bus: busAmongMachines(bus),
    register,
    problems,
    close,
  };
}

/**
 * A folder that cannot be written is of no use to clients that write rules, unless it has rules that they wrote before: a
 * disk that became read-only must not take them out of force at a restart.
 */
const openState = async (folder: string, warn: SharedOptions['warn'], isRegister: boolean) =>
  openStateDirectory(folder, warn, isRegister && !(await hasEntries(folder)));

/** Over plain Redis, any host on the network path can read and change the rules. Null for Redis on this machine. */
function plainTextWarning(url: string): string | null {
  const { protocol, host, password } = new URL(url);
  if (protocol !== 'redis:' || isThisMachine(host)) return null;
  const what = password === '' ? 'rules go' : 'rules and the password go';
  return `${what} to ${host} in the clear; write rediss:// for TLS`;
}

const machine = hostname();

const keepAmongMachines = (keep: Keep): Keep => ({
  read: (bucket) => keep.read(sharedKey(bucket, machine)),
  peek: (bucket, fresh) => keep.peek(sharedKey(bucket, machine), fresh),
  write: (bucket, lastGood) => keep.write(sharedKey(bucket, machine), lastGood),
});

const busAmongMachines = (bus: Bus): Bus => ({
  ...bus,
  publish: (message) =>
    bus.publish(
      message.bucket === null ? message : { ...message, bucket: sharedKey(message.bucket, machine) },
    ),
});

/**
 * The same register, whose writes other instances hear of. They load the rules again whatever this one had in force: it
 * may have been behind them.
 */
export const announcedRegister = (register: Register, bus: Bus | null): Register => ({
  ...register,
  async write(key, entry) {
    const bucket = await registeredKey(key);
    // A failed write may be stored all the same.
    await register.write(key, entry).finally(() => bus?.publish({ kind: 'refresh', bucket }));
  },
});

/** After a time without storage: it may have lost its copies, and rules that clients wrote meanwhile are not known here. */
export async function catchUp(cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> {
  const written = buckets.filter(({ source }) => source.isAuthority);
  await Promise.all([refreshLoaded(cache, written), cache.restore()]);
}

/** The buckets that are served. */
export interface Listener {
  readonly opened: () => readonly RuledBucket[];
  /** Those of a key, of which another process has found other rules. */
  readonly changed: (key: string) => readonly RuledBucket[];
}

/** Follows the bus: learns versions that others loaded, and refreshes on request. Returns the unsubscription. */
export function listenTo(bus: Bus, cache: RulesCache, { opened, changed }: Listener): () => void {
  const refreshAll = coalesced(() => refreshLoaded(cache, opened()));
  return bus.subscribe((message) => {
    if (message.bucket === null) {
      void refreshAll();
      return;
    }
    for (const bucket of changed(ownKey(message.bucket, machine))) {
      // A bucket that no request here has asked for loads with its first request.
      if (!cache.asked(keyOf(bucket))) continue;
      const work = message.kind === 'changed' ? cache.learn(bucket, message.version) : cache.refresh(bucket);
      work.catch(() => {});
    }
  });
}
