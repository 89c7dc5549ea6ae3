import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { OpenOptions } from '../suite/runtime.ts';
import { listen } from './listen.ts';
import { ownAppBefore } from './middleware-before.ts';
import { openUpstream, type Rules, type Upstream } from './upstream.ts';

/** A Hono app on a real port that serves a scripted bucket by `fetch`, with `bucketCors` in front. */
export interface OwnApp {
  readonly url: string;
  readonly bucket: Upstream;
  /** Starts the app again with other rules. */
  setRules(rules: Rules): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnApp({ rules = 'none', ...options }: OpenOptions): Promise<OwnApp> {
  const bucket = await openUpstream(rules);
  let app = ownAppBefore(bucket.url, options);
  const server = createServer(
    getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false }),
  );
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    setRules: async (changed) => {
      bucket.rules = changed;
      app = ownAppBefore(bucket.url, options);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bucket.close();
    },
  };
}
