import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { call, corsHeaders, value } from '../helpers/client.ts';
import { type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, ONE_ORIGIN, ONE_ORIGIN_HEADERS, PREFLIGHT_VARY, STRANGER } from './sets.ts';

const asking = (origin: string, method: string, ...names: readonly string[]) => [
  'Origin',
  origin,
  'Access-Control-Request-Method',
  method,
  ...names.flatMap((name) => ['Access-Control-Request-Headers', name]),
];

const ALLOWED: readonly [name: string, headers: readonly string[], allowHeaders: string | undefined][] = [
  ['without requested headers', asking(A, 'PUT'), undefined],
  ['with one, lower-cased', asking(A, 'PUT', 'Content-Type'), 'content-type'],
  ['with several, as asked for', asking(A, 'GET', 'x-oss-b,x-oss-a'), 'x-oss-b, x-oss-a'],
  ['on several header lines', asking(A, 'GET', 'x-oss-a', 'content-type'), 'x-oss-a, content-type'],
];

export function addPreflightTests(runtime: Runtime): void {
  describe.each<[Dialect, string, object]>([
    ['oss', 'x-oss-request-id', {}],
    ['s3', 'x-amz-request-id', { 'access-control-allow-credentials': 'true' }],
  ])('a preflight in dialect %s that matches a rule', (dialect, idHeader, credentials) => {
    const edge = useEdge(runtime, { dialect, rules: ONE_ORIGIN });

    test.each(ALLOWED)('is allowed %s', async (_, headers, allowHeaders) => {
      const answered = await call(edge().url, { method: 'OPTIONS', target: '/no/such?object', headers });
      expect(answered).toMatchObject({ status: 200, complete: true });
      expect(corsHeaders(answered)).toEqual({
        ...ONE_ORIGIN_HEADERS,
        ...credentials,
        ...(allowHeaders !== undefined && { 'access-control-allow-headers': allowHeaders }),
      });
      expect(value(answered, 'vary')).toBe(PREFLIGHT_VARY);
      expect(value(answered, 'content-length')).toBe('0');
      expect(value(answered, idHeader)).toMatch(/^[0-9A-F]{24}$/);
      expect(answered.body).toHaveLength(0);
    });

    test('never reaches the bucket, whatever it carries', async () => {
      const headers = [...asking(A, 'PUT'), 'Authorization', 'OSS ak:nonsense'];
      const answered = await call(edge().url, { method: 'OPTIONS', target: '/key', headers, body: 'a body' });
      expect(answered.status).toBe(200);
      expect(edge().bucket.asked).toEqual([]);
    });

    // A Hono app gets a URL, which cannot express the target `*`.
    test.skipIf(runtime.name === 'middleware')(
      'for `*`, the server itself, is judged like one for the bucket',
      async () => {
        const answered = await call(edge().url, {
          method: 'OPTIONS',
          target: '*',
          headers: asking(A, 'GET'),
        });
        expect(answered.status).toBe(200);
        expect(edge().bucket.asked).toEqual([]);
      },
    );

    test('has no debug header by default', async () => {
      const answered = await call(edge().url, { method: 'OPTIONS', headers: asking(A, 'GET') });
      expect(value(answered, 'x-bucket-cors-reason')).toBeUndefined();
    });
  });

  describe('a preflight of a bucket that allows every origin', () => {
    const edge = useEdge(runtime, { rules: EVERYBODY });

    test('is answered with `*`, and with Vary on three headers', async () => {
      const answered = await call(edge().url, { method: 'OPTIONS', headers: asking(STRANGER, 'GET') });
      expect(corsHeaders(answered)['access-control-allow-origin']).toBe('*');
      expect(value(answered, 'vary')).toBe(PREFLIGHT_VARY);
    });

    test('allows the origin `null`, without credentials', async () => {
      const answered = await call(edge().url, { method: 'OPTIONS', headers: asking('null', 'GET') });
      expect(answered.status).toBe(200);
      expect(corsHeaders(answered)).not.toHaveProperty('access-control-allow-credentials');
    });
  });

  describe('with the debug header on', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, debugReason: true });

    test.each([
      ['OPTIONS', asking(A, 'GET'), 'matched'],
      ['OPTIONS', asking(STRANGER, 'GET'), 'origin_not_allowed'],
      ['OPTIONS', asking(A, 'PATCH'), 'method_not_allowed'],
      ['OPTIONS', asking(A, 'GET', 'x-other'), 'header_not_allowed'],
      ['OPTIONS', [], 'origin_missing'],
      ['OPTIONS', ['Origin', A], 'method_missing'],
      ['GET', [], 'not_cors'],
      ['GET', ['Origin', A], 'matched'],
      ['GET', ['Origin', STRANGER], 'origin_not_allowed'],
      ['PATCH', ['Origin', A], 'method_not_allowed'],
    ])('%s with %j has the reason %s', async (method, headers, reason) => {
      const answered = await call(edge().url, { method, headers });
      expect(value(answered, 'x-bucket-cors-reason')).toBe(reason);
    });
  });
}
