import type { Config } from '../config/read.ts';
import type { Bus } from '../rules/bus.ts';
import type { RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/held.ts';
import { type Keep, severalKeeps } from '../rules/keep.ts';
import { openStateDirectory } from './state.ts';

/** What outlives this process, and what it shares with others. */
export interface Shared {
  readonly keep: Keep | null;
  readonly bus: Bus | null;
  close(): Promise<void>;
}

/** Opens the state directory and Redis, where they are configured. Rejects with a start fault. */
export async function openShared(
  { stateDir, redis }: Pick<Config, 'stateDir' | 'redis'>,
  warn: (message: string) => void,
): Promise<Shared> {
  const keeps: Keep[] = [];
  if (stateDir !== null) keeps.push(await openStateDirectory(stateDir, warn));
  if (redis === null) return { keep: keeps[0] ?? null, bus: null, close: async () => {} };
  // Loaded only where it is used: the client takes a tenth of a second and 27 MB.
  const { openRedis } = await import('./redis.ts');
  const { keep, bus, close } = await openRedis(redis, warn);
  return { keep: severalKeeps([...keeps, keep]), bus, close };
}

/** Does what others say: takes the rules they have loaded, or loads anew. Gives back what ends that. */
export function listenTo(bus: Bus, cache: RulesCache, buckets: () => readonly RuledBucket[]): () => void {
  return bus.subscribe((message) => {
    for (const bucket of buckets()) {
      if (message.bucket !== null && message.bucket !== keyOf(bucket)) continue;
      // A bucket that nobody here has asked for yet is loaded when somebody does.
      if (cache.status(keyOf(bucket)).state === 'not_loaded') continue;
      const work = message.kind === 'changed' ? cache.learn(bucket, message.version) : cache.refresh(bucket);
      work.catch(() => {});
    }
  });
}
