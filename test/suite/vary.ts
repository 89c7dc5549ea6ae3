import { describe, expect, test } from 'vitest';
import { call, corsHeaders, value, values } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, STRANGER, setOf } from './sets.ts';

const ORIGINS: readonly [name: string, headers: readonly string[]][] = [
  ['without Origin', []],
  ['from an origin without a rule', ['Origin', STRANGER]],
  ['from an origin that a rule names', ['Origin', A]],
  ['from the origin null', ['Origin', 'null']],
];
const STATUSES = [200, 206, 301, 304, 403, 404, 412, 416, 500, 503];
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];

/** The bucket's Vary lines, and the merged Vary if the answer depends on the origin, and if it does not. */
const MERGED: readonly [own: readonly string[], depends: string, constant: string | undefined][] = [
  [['Accept-Encoding'], 'Accept-Encoding, Origin', 'Accept-Encoding'],
  [['accept-encoding, Accept-Encoding'], 'accept-encoding, Origin', 'accept-encoding'],
  [['Accept-Encoding', 'X-Two'], 'Accept-Encoding, X-Two, Origin', 'Accept-Encoding, X-Two'],
  [['Origin'], 'Origin', undefined],
  [['origin, Accept-Encoding'], 'Accept-Encoding, Origin', 'Accept-Encoding'],
  [
    ['Origin, Access-Control-Request-Headers'],
    'Access-Control-Request-Headers, Origin',
    'Access-Control-Request-Headers',
  ],
  [['*'], '*', '*'],
  [['Accept-Encoding', '*'], '*', '*'],
  [[''], 'Origin', undefined],
];

export function addVaryTests(runtime: Runtime): void {
  describe('under rules that depend on the origin', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(ORIGINS)('Vary: Origin is on every answer %s', async (_, headers) => {
      for (const status of STATUSES) {
        edge().bucket.script = { status };
        const answered = await call(edge().url, { target: '/key', headers });
        expect(answered.status).toBe(status);
        expect(values(answered, 'vary'), String(status)).toEqual(['Origin']);
      }
      for (const method of METHODS) {
        const answered = await call(edge().url, { method, target: '/key', headers });
        expect(values(answered, 'vary'), method).toEqual(['Origin']);
      }
    });

    test.each(MERGED)('the bucket’s Vary %j becomes %s', async (own, merged) => {
      edge().bucket.script = { status: 200, headers: own.flatMap((line) => ['Vary', line]) };
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(value(answered, 'vary')).toBe(merged);
    });

    test('only the origin that a rule names gets headers', async () => {
      for (const [name, headers] of ORIGINS) {
        const answered = await call(edge().url, { target: '/key', headers });
        const allowed = name === 'from an origin that a rule names' ? A : undefined;
        expect(corsHeaders(answered)['access-control-allow-origin'], name).toBe(allowed);
      }
    });
  });

  describe('under a first rule that allows every origin', () => {
    const edge = useEdge(runtime, { dialect: 's3', rules: EVERYBODY });

    test.each(ORIGINS)('every answer %s is the same, with `*` and without Vary', async (_, headers) => {
      for (const status of STATUSES) {
        edge().bucket.script = { status };
        const answered = await call(edge().url, { target: '/key', headers });
        expect(corsHeaders(answered), String(status)).toEqual(EVERYBODY_HEADERS);
        expect(values(answered, 'vary'), String(status)).toEqual([]);
      }
      for (const method of METHODS) {
        const answered = await call(edge().url, { method, target: '/key', headers });
        expect(corsHeaders(answered), method).toEqual(EVERYBODY_HEADERS);
        expect(values(answered, 'vary'), method).toEqual([]);
      }
    });

    test.each(MERGED)('the bucket’s Vary %j does not become %s but %s', async (own, _, merged) => {
      edge().bucket.script = { status: 200, headers: own.flatMap((line) => ['Vary', line]) };
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(value(answered, 'vary')).toBe(merged);
    });
  });

  describe('under rules that treat methods differently', () => {
    const rules = setOf(
      rule({ allowedOrigins: ['*'], allowedMethods: ['GET'] }),
      rule({ allowedOrigins: [A], allowedMethods: ['PUT', 'GET'], exposeHeaders: ['ETag'] }),
    );
    const edge = useEdge(runtime, { rules });

    test.each([
      ['GET', '*', '*', undefined],
      ['PUT', A, undefined, 'Origin'],
      ['DELETE', undefined, undefined, undefined],
    ])('%s has the Vary that its own rules need', async (method, named, strange, vary) => {
      const ofNamed = await call(edge().url, { method, target: '/key', headers: ['Origin', A] });
      const ofStranger = await call(edge().url, { method, target: '/key', headers: ['Origin', STRANGER] });
      expect(corsHeaders(ofNamed)['access-control-allow-origin']).toBe(named);
      expect(corsHeaders(ofStranger)['access-control-allow-origin']).toBe(strange);
      expect([value(ofNamed, 'vary'), value(ofStranger, 'vary')]).toEqual([vary, vary]);
    });
  });

  describe.each<['none' | 'missing']>([['none'], ['missing']])('for a store whose rules are: %s', (rules) => {
    const edge = useEdge(runtime, { rules });

    test.each(ORIGINS)('objects are served %s, without CORS headers and without Vary', async (_, headers) => {
      edge().bucket.script = { status: 200, headers: ['Cache-Control', 'max-age=60'], body: 'the object' };
      const answered = await call(edge().url, { target: '/key', headers });
      expect(answered.body.toString()).toBe('the object');
      expect(corsHeaders(answered)).toEqual({});
      expect(values(answered, 'vary')).toEqual([]);
      expect(value(answered, 'cache-control')).toBe('max-age=60');
    });
  });

  describe('under rules with ResponseVary', () => {
    const edge = useEdge(runtime, { rules: { ...EVERYBODY, responseVary: true } });

    test.each(ORIGINS)('Vary: Origin is beside `*` on every answer %s', async (_, headers) => {
      const answered = await call(edge().url, { target: '/key', headers });
      expect(corsHeaders(answered)).toEqual(EVERYBODY_HEADERS);
      expect(value(answered, 'vary')).toBe('Origin');
    });
  });
}
