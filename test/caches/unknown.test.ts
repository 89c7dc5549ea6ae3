import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, value, values } from '../helpers/client.ts';
import { NGINX, type Nginx, startNginx } from '../helpers/nginx.ts';
import { openOnNode } from '../helpers/node-edge.ts';
import type { Edge } from '../suite/runtime.ts';
import { A, EVERYBODY } from '../suite/sets.ts';
import { CACHES, useCache } from './_caches.ts';

/** Each allows some cache to store the answer, even against another header. */
const MAY_STORE: readonly (readonly [name: string, text: string])[] = [
  ['Cache-Control', 'public, max-age=31536000, immutable'],
  ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
  ['X-Accel-Expires', '3600'],
  ['x-accel-expires', '@4070908800'],
  ['Surrogate-Control', 'max-age=3600'],
  ['CDN-Cache-Control', 'max-age=3600'],
];

describe.each(CACHES)('$name in front of the edge$why', (cache) => {
  describe.skipIf(cache.skipped)('while the rules are unknown', () => {
    const behind = useCache(cache, { rules: 'unknown' });

    test.each(MAY_STORE)('stores no answer of a bucket with the header %s: %s', async (name, text) => {
      const { bucket } = behind.edge();
      bucket.reset();
      bucket.script = { status: 200, headers: [name, text], body: 'the object' };
      const target = `/${encodeURIComponent(`${name} ${text}`)}`;
      for (let count = 0; count < 3; count += 1) {
        const answered = await call(behind.url(), { target, headers: ['Origin', A] });
        expect(answered.body.toString()).toBe('the object');
        expect(value(answered, 'cache-control')).toBe('no-store');
      }
      expect(bucket.asked).toHaveLength(3);
    });
  });
});

describe.skipIf(NGINX.skipped)(`nginx in front of a bucket that sends X-Accel commands${NGINX.why}`, () => {
  const edges: Edge[] = [];
  const started: Nginx[] = [];
  const proxy = (edge: string): string => `
    location / {
      proxy_pass ${edge};
      proxy_http_version 1.1;
      proxy_cache cache;
      proxy_cache_valid any 1m;
    }
    location /internal/ {
      internal;
      return 200 "the secret of the proxy";
    }`;

  beforeAll(async () => {
    for (const passProxyCommands of [false, true]) {
      const edge = await openOnNode({ rules: EVERYBODY, buckets: [{ name: 'bucket', passProxyCommands }] });
      edges.push(edge);
      started.push(await startNginx({ server: proxy(edge.url) }));
    }
  });
  afterAll(async () => {
    for (const nginx of started) await nginx.stop();
    for (const edge of edges) await edge.close();
  });

  const ask = (at: number, headers: readonly string[]) => {
    const edge = edges[at];
    if (edge === undefined) throw new Error('no edge');
    edge.bucket.script = { status: 200, headers, body: 'the object' };
    return call(started[at]?.url ?? '', { target: `/${at}/${encodeURIComponent(headers.join())}` });
  };
  const REDIRECT = ['X-Accel-Redirect', '/internal/secret'];

  test('sends the bucket’s object and not the file of the command', async () => {
    expect((await ask(0, REDIRECT)).body.toString()).toBe('the object');
  });

  test('sends the file of the command with passProxyCommands', async () => {
    expect((await ask(1, REDIRECT)).body.toString()).toBe('the secret of the proxy');
  });

  test('stores no longer than Cache-Control allows', async () => {
    const headers = ['X-Accel-Expires', '3600', 'Cache-Control', 'no-store'];
    const before = await started[0]?.stored();
    expect(values(await ask(0, headers), 'x-accel-expires')).toEqual([]);
    expect(await started[0]?.stored()).toBe(before);
  });
});
