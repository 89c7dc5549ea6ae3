import { hostname } from 'node:os';
import type { Config, Places } from '../../config/read.ts';
import { asFlag } from '../../config/spell.ts';
import type { Bus } from '../../rules/bus.ts';
import type { RulesCache } from '../../rules/cache.ts';
import type { Keep } from '../../rules/keep.ts';
import { coalesced, refreshLoaded } from '../../rules/refresh.ts';
import { keyOf, type RuledBucket, sharedKey } from '../../rules/ruled-bucket.ts';
import { isThisMachine } from '../reach.ts';
import { openStateDirectory } from './state-directory.ts';

/** What outlives this process, and what it shares with others. */
export interface Shared {
  readonly keeps: readonly Keep[];
  readonly bus: Bus | null;
  /** Why last good rules would not outlive this process, a line each. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface SharedOptions {
  /** What gave each option, for warnings. */
  readonly places: Places;
  readonly warn: (message: string) => void;
  /** Called when a place of last good rules is there again: it may have lost them. */
  readonly back: () => void;
}

/** Opens the state directory and Redis, where they are configured. Rejects with a start fault. */
export async function openShared(
  { stateDir, redis }: Pick<Config, 'stateDir' | 'redis'>,
  { warn, back, places }: SharedOptions,
): Promise<Shared> {
  const states = stateDir === null ? [] : [await openStateDirectory(stateDir, warn)];
  const problems = () => states.flatMap((state) => state.problem() ?? []);
  if (redis === null) return { keeps: states, bus: null, problems, close: async () => {} };
  const bare = bareRedis(redis);
  if (bare !== null) warn(`${places.redis ?? asFlag('redis')}: ${bare}`);
  // Loaded only where it is used: the client takes a tenth of a second and 27 MB.
  const { openRedis } = await import('./redis.ts');
  const { keep, bus, close } = await openRedis(redis, warn, back);
  return {
    keeps: [...states, keepAmongMachines(keep)],
    bus: busAmongMachines(bus),
    problems,
    close,
  };
}

/** Whoever is on the way reads what goes over plain Redis, and writes rules into it; on this machine nobody is. */
function bareRedis(url: string): string | null {
  const { protocol, host, password } = new URL(url);
  if (protocol !== 'redis:' || isThisMachine(host)) return null;
  const what = password === '' ? 'rules go' : 'rules and the password go';
  return `${what} to ${host} in the clear; write rediss:// for TLS`;
}

const machine = hostname();

const keepAmongMachines = (keep: Keep): Keep => ({
  read: (bucket) => keep.read(sharedKey(bucket, machine)),
  peek: (bucket, anew) => keep.peek(sharedKey(bucket, machine), anew),
  write: (bucket, record) => keep.write(sharedKey(bucket, machine), record),
});

const busAmongMachines = (bus: Bus): Bus => ({
  ...bus,
  publish: (message) =>
    bus.publish(
      message.bucket === null ? message : { ...message, bucket: sharedKey(message.bucket, machine) },
    ),
});

/** Does what others say: takes the rules they have loaded, or loads anew. Gives back what ends that. */
export function listenTo(bus: Bus, cache: RulesCache, buckets: () => readonly RuledBucket[]): () => void {
  const refreshAll = coalesced(() => refreshLoaded(cache, buckets()));
  return bus.subscribe((message) => {
    if (message.bucket === null) {
      void refreshAll();
      return;
    }
    for (const bucket of buckets()) {
      if (message.bucket !== sharedKey(keyOf(bucket), machine)) continue;
      // A bucket that nobody here has asked for yet is loaded when somebody does.
      if (!cache.asked(keyOf(bucket))) continue;
      const work = message.kind === 'changed' ? cache.learn(bucket, message.version) : cache.refresh(bucket);
      work.catch(() => {});
    }
  });
}
