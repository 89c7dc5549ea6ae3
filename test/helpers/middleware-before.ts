import { type Context, Hono } from 'hono';
import { isAddress, parseAddress } from '../../src/bucket/address.ts';
import { askForRules, readByFetch, rulesUrl } from '../../src/bucket/read.ts';
import { bucketCors } from '../../src/middleware.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import type { OpenOptions } from '../suite/runtime.ts';

/** A Hono app that serves the bucket at `bucketUrl` by `fetch`, with `bucketCors` in front. It runs on any runtime. */
export function ownAppBefore(
  bucketUrl: string,
  { dialect, vary, debugReason }: Pick<OpenOptions, 'dialect' | 'vary' | 'debugReason'>,
): Hono {
  const address = parseAddress(bucketUrl);
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
  return app.all('*', (c) => fetchFrom(bucketUrl, c));
}

/** The headers of the response that this returns are immutable. */
function fetchFrom(bucketUrl: string, c: Context): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const { method, headers } = c.req.raw;
  const passed = new Headers(headers);
  for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) passed.delete(name);
  return fetch(bucketUrl + pathname + search, { method, headers: passed, redirect: 'manual' });
}
