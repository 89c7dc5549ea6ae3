import type { Logger } from 'pino';
import type { Bucket } from '../edge/route.ts';
import type { Background, RulesCache } from '../rules/cache.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { OpenedBucket } from './buckets/open.ts';
import type { Front } from './frontend.ts';

/** What stands between the state of an edge and its clients: this process itself, or workers. */
export interface Serve {
  /** Serves these from now on; throws, and goes on with those of before, when two claim the same place. */
  replace(buckets: readonly OpenedBucket[]): void;
  /** Gives back the edge's address. Rejects with a start fault. */
  listen(): Promise<string>;
  /** Whether a process accepts connections and answers. */
  listening(): boolean;
  /** False where there are worker processes and not one of them answers. */
  answering(): boolean;
  /** The rules cache has something new to tell of a bucket. */
  changed(bucket: RuledBucket): void;
  /** Brings in what was counted elsewhere. */
  collect(): Promise<void>;
  /** Puts new processes in the place of those that serve, without a failed request. */
  roll(): Promise<void>;
  /** Takes nothing new, and finishes what is in flight within so many milliseconds. */
  end(limit: number): Promise<void>;
  /** After `end`, or instead where it never listened: ends what else is open. */
  close(): Promise<void>;
}

/** Serves clients in this process, from the rules cache itself. */
export function serveHere(front: Front, cache: RulesCache, log: Logger): Serve {
  let closeServer: ((limit: number) => Promise<void>) | null = null;
  return {
    replace: (opened) =>
      front.serve(opened.map(({ route, ruled }) => ({ ...route, rules: rulesOf(cache, ruled) }))),
    listen: async () => {
      const { url, close } = await front.listen();
      closeServer = close;
      return url;
    },
    listening: () => closeServer !== null,
    answering: () => true,
    changed: () => {},
    collect: async () => {},
    roll: async () => log.warn('there are no workers to replace: start with --workers 2 or more'),
    end: async (limit) => {
      const close = closeServer;
      closeServer = null;
      await close?.(limit);
    },
    close: front.close,
  };
}

const rulesOf = (cache: RulesCache, bucket: RuledBucket): Bucket['rules'] => ({
  current: (background: Background) => cache.current(bucket, background),
  refresh: (background: Background) => background(cache.renew(bucket)),
});
