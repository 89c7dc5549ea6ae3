import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { isAddress, parseAddress } from '../../src/bucket/address.ts';
import { askForRules, readByFetch, rulesUrl } from '../../src/bucket/read.ts';
import { bucketCors } from '../../src/bucket-cors.ts';
import { bucketSource } from '../../src/rules/bucket.ts';
import type { OpenOptions } from '../suite/runtime.ts';
import { listen } from './listen.ts';
import { openUpstream, type Rules, type Upstream } from './upstream.ts';

/** An app of somebody's own on a real port: it serves a scripted bucket by `fetch`, with `bucketCors` in front. */
export interface OwnApp {
  readonly url: string;
  readonly bucket: Upstream;
  /** Begins anew with other rules. */
  setRules(rules: Rules): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnApp({ rules = 'none', ...options }: OpenOptions): Promise<OwnApp> {
  const bucket = await openUpstream(rules);
  let app = appBefore(bucket, options);
  const server = createServer(
    getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false }),
  );
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    setRules: async (changed) => {
      bucket.rules = changed;
      app = appBefore(bucket, options);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bucket.close();
    },
  };
}

function appBefore(bucket: Upstream, { dialect, vary, debugReason }: OpenOptions): Hono {
  const address = parseAddress(bucket.url);
  if (!isAddress(address)) throw new Error(address.reason);
  const app = new Hono();
  app.use(
    bucketCors({
      rules: bucketSource(rulesUrl(address), askForRules(address, readByFetch)),
      ...(dialect !== undefined && { store: dialect }),
      ...(vary !== undefined && { vary }),
      ...(debugReason !== undefined && { debugReason }),
      warn: () => {},
    }),
  );
  return app.all('*', (c) => fetchFrom(bucket, c));
}

/** The headers of what it gives back can't be changed. */
function fetchFrom({ url }: Upstream, c: Context): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const { method, headers } = c.req.raw;
  const passed = new Headers(headers);
  for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) passed.delete(name);
  return fetch(url + pathname + search, { method, headers: passed, redirect: 'manual' });
}
