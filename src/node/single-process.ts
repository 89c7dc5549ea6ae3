import type { Logger } from 'pino';
import { type AccessMeans, openAccess } from '../open/open-access.ts';
import { rulesOver } from '../open/store.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { OpenedBucket } from './buckets/open.ts';
import type { OpenedStore } from './buckets/store.ts';
import type { Front } from './frontend.ts';

/** How clients are served: in this process, or by worker processes. */
export interface Serve {
  /** Serves these from now on. Throws, and changes nothing, if two buckets have the same host and prefix. */
  replace(buckets: readonly OpenedBucket[], store: OpenedStore | null): void;
  /** Resolves to the edge's address. Rejects with a start fault. */
  listen(): Promise<string>;
  /** Whether a process accepts connections. */
  listening(): boolean;
  /** False if there are worker processes and all of them are unresponsive. */
  answering(): boolean;
  /** The rules of a bucket, or their state, have changed in the cache. */
  changed(bucket: RuledBucket): void;
  /** Collects the counts of other processes. */
  collect(): Promise<void>;
  /** Replaces the worker processes without a failed request. */
  roll(): Promise<void>;
  /** Accepts no new connection, and finishes requests in flight within `limit` milliseconds. */
  end(limit: number): Promise<void>;
  /** Closes everything else. Call it after `end`, or alone if `listen` was never called. */
  close(): Promise<void>;
}

/** Serves clients in this process, with the rules cache itself. */
export function serveHere(front: Front, cache: RulesCache, means: AccessMeans, log: Logger): Serve {
  let closeServer: ((limit: number) => Promise<void>) | null = null;
  return {
    replace: (opened, store) =>
      front.serve(
        opened.map(({ route, ruled, access }) => ({
          ...route,
          ...openAccess(access, means),
          rules: rulesOver(cache, ruled),
        })),
        store?.served ?? null,
      ),
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
