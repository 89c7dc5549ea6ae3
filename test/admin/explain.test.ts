import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { until } from '../helpers/until.ts';
import { type Answered, configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, type Store } from '../node/transport/_store.ts';

const RULES = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://a.example</AllowedOrigin><AllowedOrigin>https://*.wild.example</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>x-asked</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>
  </CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>
</CORSConfiguration>`;

interface ExplainedAnswer {
  readonly kind: string;
  readonly reason: string;
  readonly because: string;
  readonly rule: number | null;
  readonly status?: number;
  readonly headers: [string, string][];
  readonly rules: Record<string, unknown>[];
}

/** Returns the headers that the edge owns, as received. */
const owned = ({ headers }: Answered) =>
  Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary');
const lowered = (headers: [string, string][]) => headers.map(([name, value]) => [name.toLowerCase(), value]);

describe.each(['oss', 's3'])('/explain of store %s', (kind) => {
  let store: Store;
  let edge: Started;
  beforeAll(async () => {
    store = await openStore(RULES);
    edge = await startEdge({ ...configOf({ bucket: store.url, store: kind }), debugReason: true });
    await until('there are rules', () => edge.cache.status(keyOf(edge.bucket)).state === 'fresh');
  });
  afterAll(async () => {
    await edge.close();
    await store.close();
  });

  const explain = async (query: Record<string, string>) => {
    const { status, json } = await edge.admin(`/explain?${new URLSearchParams(query)}`);
    return {
      status,
      json,
      preflight: json.preflight as ExplainedAnswer,
      actual: json.actual as ExplainedAnswer,
    };
  };

  describe('agrees with the answer of the edge', () => {
    const origins = [
      'https://a.example',
      'https://x.wild.example',
      'https://other.example',
      'null',
      'https://a.example https://x.wild.example',
      undefined,
    ];
    const methods = ['GET', 'PUT', 'HEAD', 'DELETE'];
    const names = ['x-asked', 'X-Asked, x-other', '', undefined];
    test.each(origins.flatMap((origin) => methods.map((method) => [method, origin] as const)))(
      'to the method %s of the origin %s',
      async (method, origin) => {
        const asked = { method, path: '/a', ...(origin !== undefined && { origin }) };
        const sent = origin === undefined ? {} : { Origin: origin };

        const { actual } = await explain(asked);
        const answered = await edge.call('/a', { method, headers: sent });
        expect(lowered(actual.headers).sort()).toEqual(owned(answered).sort());
        expect(actual.reason).toBe(answered.headers['x-bucket-cors-reason']);

        for (const headers of names) {
          const { preflight } = await explain({ ...asked, ...(headers !== undefined && { headers }) });
          const preflighted = await edge.call('/a', {
            method: 'OPTIONS',
            headers: {
              ...sent,
              'Access-Control-Request-Method': method,
              ...(headers !== undefined && { 'Access-Control-Request-Headers': headers }),
            },
          });
          expect(preflight.status).toBe(preflighted.status);
          expect(lowered(preflight.headers).sort()).toEqual(owned(preflighted).sort());
          expect(preflight.reason).toBe(preflighted.headers['x-bucket-cors-reason']);
        }
      },
    );
  });

  test('shows the request, the version of the rules in force, and the verdict of each rule', async () => {
    const { status, json, preflight } = await explain({
      bucket: new URL(store.url).host,
      origin: 'https://a.example',
      method: 'PUT',
      headers: 'x-other',
      path: '/k',
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      bucket: new URL(store.url).host,
      version: edge.cache.status(keyOf(edge.bucket)).lastGood?.version,
      request: { origin: 'https://a.example', method: 'PUT', headers: 'x-other', path: '/k' },
    });
    expect(preflight).toMatchObject({
      kind: 'preflight',
      reason: 'header_not_allowed',
      rule: null,
      status: 403,
      rules: [
        { rule: 1, outcome: 'failed', condition: 'header', actual: 'x-other', expected: ['x-asked'] },
        { rule: 2, outcome: 'failed', condition: 'method', actual: 'PUT', expected: ['HEAD'] },
      ],
    });
  });

  test('without parameters explains a GET of the bucket without Origin', async () => {
    const { status, json, actual, preflight } = await explain({});
    expect(status).toBe(200);
    expect(json).toMatchObject({ request: { origin: null, method: 'GET', headers: null, path: '/' } });
    expect(actual).toMatchObject({ kind: 'actual', reason: 'not_cors' });
    expect(preflight).toMatchObject({ reason: 'origin_missing', status: 400 });
  });

  describe('judges what a browser does with the answers', () => {
    test.each([
      [
        'a GET that is allowed',
        { method: 'GET' },
        { preflights: false, passes: true, failure: null, preflightSeconds: null },
      ],
      [
        'a PUT whose header is not allowed',
        { method: 'PUT', headers: 'x-other' },
        { preflights: true, passes: false, refused: 'preflight', failure: 'no_allow_origin', readable: [] },
      ],
      [
        'a PUT that is allowed',
        { method: 'PUT', headers: 'x-asked' },
        { passes: true, preflightSeconds: { chromium: 60, firefox: 60, safari: 60 } },
      ],
      [
        'a GET with cookies',
        { method: 'GET', credentials: 'true' },
        kind === 's3'
          ? { passes: true }
          : { passes: false, refused: 'actual', failure: 'no_allow_credentials' },
      ],
      [
        'a HEAD with cookies',
        { method: 'HEAD', credentials: 'true' },
        {
          passes: false,
          failure: 'wildcard_with_credentials',
          because: expect.stringContaining('is *, and the page sends cookies'),
        },
      ],
    ])('for %s', async (_, asked, browser) => {
      const { json } = await explain({ origin: 'https://a.example', path: '/a', ...asked });
      expect(json).toMatchObject({ browser, request: { credentials: 'credentials' in asked } });
    });

    test('and names the headers that scripts can read', async () => {
      const { json } = await explain({ origin: 'https://a.example' });
      expect((json.browser as { readable: string[] }).readable).toContain('etag');
    });

    test('but not without an origin', async () => {
      expect((await explain({})).json.browser).toBeNull();
    });
  });

  test('refuses credentials that are neither true nor false', async () => {
    const { status, json } = await explain({ credentials: 'include' });
    expect(status).toBe(400);
    expect(json).toMatchObject({ faults: [{ place: 'credentials', value: 'include' }] });
  });

  test('names the rule that almost applies, and the reason of Vary', async () => {
    const { actual, preflight } = await explain({ origin: 'http://a.example' });
    expect(actual).toMatchObject({
      hint: 'Rule 1 lists https://a.example, and https is not http.',
      because: expect.stringMatching(/; rule 1 lists https:\/\/a\.example, and https is not http\.$/),
      vary: { reason: 'origins_differ' },
    });
    expect(preflight).toMatchObject({ vary: { reason: 'preflight' } });
  });

  test('refuses all unknown parameters at once', async () => {
    const { status, json } = await explain({ orgin: 'https://a.example', verb: 'GET' });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      faults: [
        {
          place: 'orgin',
          reason: 'is not a parameter of /explain',
          write: 'bucket, origin, method, headers, path, credentials',
        },
        { place: 'verb' },
      ],
    });
  });

  test.each([
    ['origin', 'https://a.example, https://b.example', 'InvalidOrigin'],
    ['method', 'GET,PUT', 'InvalidRequestMethod'],
  ])('says that the edge answers 400 to a list as its %s', async (place, list, code) => {
    const asked = { origin: 'https://a.example', method: 'GET', [place]: list };
    const { status, json } = await explain(asked);
    expect(status).toBe(400);
    expect(json).toMatchObject({ faults: [{ place, value: list, reason: expect.stringContaining('400') }] });
    const answered = await edge.call('/a', {
      method: 'OPTIONS',
      headers: { Origin: asked.origin, 'Access-Control-Request-Method': asked.method },
    });
    expect([answered.status, answered.headers['x-bucket-cors-code']]).toEqual([400, code]);
  });

  test('sends no request to the bucket', async () => {
    const before = store.seen.length;
    await explain({ origin: 'https://a.example', method: 'GET', path: '/a' });
    expect(store.seen).toHaveLength(before);
  });
});
