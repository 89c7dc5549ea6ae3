import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { until } from '../helpers/until.ts';
import { configOf, type Started, startEdge } from '../node/_running.ts';
import {
  NO_SUCH_CONFIGURATION,
  openStore,
  rulesFor,
  type Store,
  UNAVAILABLE,
} from '../node/transport/_store.ts';

let store: Store;
let edge: Started;
beforeAll(async () => {
  store = await openStore(rulesFor('https://a.example'));
});
afterAll(() => store.close());

/** Starts an edge for each group, in front of a bucket that answers `cors()` to the request for its rules. */
function useEdge(cors: () => Store['cors']): void {
  beforeAll(async () => {
    store.cors = cors();
    edge = await startEdge(configOf({ bucket: store.url }));
    await until('the first load is over', () => edge.cache.status(keyOf(edge.bucket)).state !== 'not_loaded');
  });
  afterAll(() => edge.close());
}
const good = () => ({ status: 200, body: rulesFor('https://a.example') });
const refresh = () => edge.cache.refresh(edge.bucket);

const PATHS = [
  'GET /healthz',
  'GET /readyz',
  'GET /rules',
  'GET /explain',
  'POST /refresh',
  'GET /metrics',
  'GET /buckets',
  'GET /panel',
  'PUT /panel',
  'GET /versions',
  'GET /diff',
  'POST /draft',
  'POST /ask',
  'GET /refusals',
  'GET /traffic',
  'GET /events',
];

describe('the admin port of an edge with rules', () => {
  useEdge(good);

  test('reports alive and ready', async () => {
    expect(await edge.admin('/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
    expect((await edge.admin('/readyz')).json).toEqual({ status: 'ready', reasons: [] });
  });

  test('shows its rules', async () => {
    const { json, status } = await edge.admin('/rules');
    expect(status).toBe(200);
    expect(json).toEqual({
      buckets: [
        {
          bucket: new URL(store.url).host,
          state: 'fresh',
          source: { kind: 'bucket', name: `${store.url}/?cors` },
          dialect: 'oss',
          vary: 'safe',
          dangerouslyAllowCredentials: false,
          version: expect.stringMatching(/^[0-9a-f]{16}$/),
          outcome: 'rules',
          loadedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          confirmedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          ageSeconds: expect.any(Number),
          warnings: [],
          failure: null,
          rules: expect.objectContaining({ CORSRule: [expect.objectContaining({ AllowedMethod: ['GET'] })] }),
        },
      ],
    });
    const { json: named } = await edge.admin(`/rules?bucket=${new URL(store.url).host}`);
    expect(named).toMatchObject({ buckets: [{ state: 'fresh' }] });
  });

  test.each(['/rules?bucket=none', '/explain?bucket=none'])(
    'answers 404 to %s, which names an unknown bucket',
    async (path) => {
      expect(await edge.admin(path)).toMatchObject({
        status: 404,
        json: { error: 'there is no bucket none', buckets: [new URL(store.url).host] },
      });
    },
  );

  test.each(['/nothing', '/metrics/', '/readyz/x', '/a'])(
    'answers 404 to %s with a list of its paths',
    async (path) => {
      expect(await edge.admin(path)).toMatchObject({
        status: 404,
        json: { error: `there is no ${path} here`, paths: PATHS },
      });
    },
  );

  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/page.css', 'text/css; charset=utf-8'],
  ])('serves %s of the live page as %s, which runs no other script', async (path, type) => {
    const { status, headers } = await edge.admin(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
  });

  test('says whether objects can flow, and refuses other probes', async () => {
    expect(await edge.admin('/readyz?serving')).toMatchObject({
      status: 200,
      json: { status: 'serving', reasons: [] },
    });
    for (const query of ['?', '?serving=']) expect((await edge.admin(`/readyz${query}`)).status).toBe(200);
    for (const query of ['?serve', '?serving=1', '?serving&x', '?live'])
      expect(await edge.admin(`/readyz${query}`)).toMatchObject({
        status: 400,
        json: { error: 'there is no such probe', cure: expect.stringContaining('/readyz?serving') },
      });
  });

  test.each<[string, Record<string, string>]>([
    ['of another origin', { Origin: 'https://a.example' }],
    ['of another site without Origin', { 'Sec-Fetch-Site': 'cross-site' }],
  ])('refuses POST /refresh of a page %s', async (_, headers) => {
    const answered = await edge.call(`${edge.adminUrl}/refresh`, { method: 'POST', headers });
    expect(answered).toMatchObject({ status: 403 });
  });

  test('answers OPTIONS, a health check of HAProxy, with the allowed methods', async () => {
    const answered = await edge.call(`${edge.adminUrl}/`, { method: 'OPTIONS' });
    expect(answered).toMatchObject({
      status: 204,
      text: '',
      headers: { allow: 'GET, HEAD, POST, PUT, OPTIONS' },
    });
  });

  test.each(['POST', 'PUT', 'DELETE'])('answers 404 to %s /rules', async (method) => {
    const answered = await edge.call(`${edge.adminUrl}/rules`, { method });
    expect(answered.status).toBe(404);
    expect(JSON.parse(answered.text)).toMatchObject({ paths: PATHS });
  });

  test.each(['/healthz', '/readyz', '/rules', '/explain', '/metrics', '/none'])(
    'sends no CORS headers and no-store for %s',
    async (path) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await edge.call(edge.adminUrl + path, {
          method,
          headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' },
        });
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
        expect(headers['cache-control']).toBe('no-store');
        expect(headers['x-content-type-options']).toBe('nosniff');
      }
    },
  );

  test('serves no objects, and the public port serves no admin paths', async () => {
    const before = store.seen.length;
    for (const path of ['/healthz', '/readyz', '/rules', '/explain', '/metrics']) {
      expect((await edge.call(path)).text).toBe('hello');
    }
    expect(store.seen.slice(before)).toHaveLength(5);
    await edge.admin('/some/object');
    await edge.admin('/?cors');
    expect(store.seen).toHaveLength(before + 5);
  });
});

describe('the admin port of an edge whose rules contain an unsupported method', () => {
  useEdge(() => ({
    status: 200,
    body: rulesFor('https://a.example').replace(
      '</CORSRule>',
      '<AllowedMethod>COPY</AllowedMethod></CORSRule>',
    ),
  }));

  test('shows the skipped value as a warning', async () => {
    expect((await edge.admin('/rules')).json).toMatchObject({
      buckets: [
        { warnings: [{ place: 'CORSRule[1]/AllowedMethod[2]', value: 'COPY' }], rules: { CORSRule: [{}] } },
      ],
    });
  });
});

describe('the admin port of an edge whose bucket has no rules', () => {
  useEdge(() => NO_SUCH_CONFIGURATION);

  test('reports ready, since "no rules" is a valid answer of the store', async () => {
    expect((await edge.admin('/readyz')).json).toMatchObject({ status: 'ready' });
    expect((await edge.admin('/rules')).json).toMatchObject({
      buckets: [{ state: 'fresh', outcome: 'none', rules: { CORSRule: [] } }],
    });
  });
});

describe('the admin port of an edge whose source fails after a successful load', () => {
  useEdge(good);

  test('reports degraded with cause and cure, and shows both the rules and the failure', async () => {
    const version = edge.cache.status(keyOf(edge.bucket)).lastGood?.version;
    store.cors = UNAVAILABLE;
    await refresh();
    const { status, json } = await edge.admin('/readyz');
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'degraded',
      reasons: [
        expect.stringMatching(
          /is served by its last good rules: the bucket answered 503 ServiceUnavailable to GET \/\?cors\. The edge asks again/,
        ),
      ],
    });
    expect((await edge.admin('/rules')).json).toMatchObject({
      buckets: [
        {
          state: 'stale',
          version,
          failure: {
            cause: expect.stringContaining('503'),
            cure: expect.stringContaining('asks again'),
            at: expect.stringMatching(/^\d{4}-.*Z$/),
            count: 1,
          },
          rules: { CORSRule: [{}] },
        },
      ],
    });
  });

  test('reports ready after the next successful load', async () => {
    store.cors = good();
    await refresh();
    expect((await edge.admin('/readyz')).json).toEqual({ status: 'ready', reasons: [] });
  });
});

describe('the admin port of an edge that never loaded rules', () => {
  useEdge(() => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }));

  test('reports not ready with the cause', async () => {
    expect(await edge.admin('/readyz')).toMatchObject({
      status: 503,
      json: {
        status: 'not ready',
        reasons: [expect.stringMatching(/has no rules: .*403 AccessDenied.*--credentials.*--rules FILE/)],
      },
    });
    expect((await edge.admin('/healthz')).status).toBe(200);
  });

  test('reports that objects can flow', async () => {
    expect(await edge.admin('/readyz?serving')).toMatchObject({ status: 200, json: { status: 'serving' } });
  });

  test('shows the state unavailable, without rules', async () => {
    expect((await edge.admin('/rules')).json).toMatchObject({
      buckets: [{ state: 'unavailable', version: null, outcome: null, rules: null, ageSeconds: null }],
    });
  });

  test('explains a request with the reason rules_unavailable', async () => {
    expect((await edge.admin('/explain?origin=https://a.example')).json).toMatchObject({
      version: null,
      actual: { reason: 'rules_unavailable' },
      preflight: { reason: 'rules_unavailable', status: 503 },
    });
  });
});

test('an edge that retires is not ready, and serves on', async () => {
  store.cors = good();
  const retiring = await startEdge(configOf({ bucket: store.url, drain: '0' }));
  await until('it is ready', async () => (await retiring.admin('/readyz')).status === 200);
  retiring.retire();
  for (const path of ['/readyz', '/readyz?serving'])
    expect(await retiring.admin(path)).toMatchObject({
      status: 503,
      json: { status: 'shutting down', reasons: [expect.stringContaining('serves on')] },
    });
  expect((await retiring.admin('/healthz')).status).toBe(200);
  const served = await fetch(`${retiring.url}/a`);
  expect([await served.text(), served.headers.get('connection')]).toEqual(['hello', 'keep-alive']);
  await retiring.close();
});

test('an edge that closes is alive but not ready while requests are in flight', async () => {
  store.cors = good();
  const closing = await startEdge(configOf({ bucket: store.url }));
  await until('it is ready', async () => (await closing.admin('/readyz')).status === 200);
  const download = closing.call('/slow');
  await until('the download has begun', () => store.waiting() === 1);
  const closed = closing.close();
  await until('it is not ready any more', async () => (await closing.admin('/readyz')).status === 503);
  for (const path of ['/readyz', '/readyz?serving'])
    expect(await closing.admin(path)).toMatchObject({
      status: 503,
      json: { status: 'shutting down', reasons: ['the edge does not accept connections'] },
    });
  expect((await closing.admin('/healthz')).status).toBe(200);
  store.release();
  expect((await download).status).toBe(200);
  await closed;
});
