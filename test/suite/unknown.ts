import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { call, corsHeaders, element, value, values } from '../helpers/client.ts';
import { say } from '../helpers/upstream.ts';
import { type Edge, type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, PREFLIGHT_VARY } from './sets.ts';

const ASKING = ['Origin', A, 'Access-Control-Request-Method', 'GET'];

const CACHING = [
  ['Cache-Control', 'public, max-age=31536000, immutable'],
  ['Cache-Control', 's-maxage=60'],
  ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
  ['Pragma', 'public'],
  ['Age', '5'],
  ['Surrogate-Control', 'max-age=60'],
  ['CDN-Cache-Control', 'max-age=60'],
  ['Edge-Control', 'max-age=60'],
  ['X-Accel-Expires', '60'],
  ['x-accel-expires', '@1924988400'],
  ['CF-Edge-Cache', 'cache,platform=wordpress'],
];
/** All headers except the one that the edge writes itself. */
const GIVE_WAY = CACHING.map(([name = '']) => name).filter((name) => name !== 'Cache-Control');

async function objectsFlowUncached(edge: Edge): Promise<void> {
  for (const headers of [[], ['Origin', A]]) {
    for (const status of [200, 304, 404, 503]) {
      edge.bucket.script = {
        status,
        headers: [
          ...CACHING.flat(),
          'Vary',
          'Accept-Encoding',
          'ETag',
          '"a"',
          'Access-Control-Allow-Origin',
          '*',
        ],
        body: status === 304 ? '' : 'the object',
      };
      const answered = await call(edge.url, { target: '/key', headers });
      expect(answered.status).toBe(status);
      expect(answered.body.toString()).toBe(status === 304 ? '' : 'the object');
      expect(corsHeaders(answered)).toEqual({});
      expect(value(answered, 'vary')).toBe('Accept-Encoding, Origin');
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(value(answered, 'etag')).toBe('"a"');
      for (const name of GIVE_WAY) expect(values(answered, name), name).toEqual([]);
    }
  }
}

export function addUnknownTests(runtime: Runtime): void {
  describe.each<[Dialect, string]>([
    ['oss', 'x-oss-request-id'],
    ['s3', 'x-amz-request-id'],
  ])('while the rules have never been known, in dialect %s', (dialect, idHeader) => {
    const edge = useEdge(runtime, { dialect, rules: 'unknown' });

    test('objects are served with no-store', () => objectsFlowUncached(edge()));

    test('uploads are served', async () => {
      const answered = await call(edge().url, { method: 'PUT', target: '/key', body: 'a body' });
      expect(answered.status).toBe(200);
      expect(Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString()).toBe('a body');
    });

    test('a preflight gets 503 with the reason and Retry-After', async () => {
      const answered = await call(edge().url, { method: 'OPTIONS', target: '/key', headers: ASKING });
      expect(answered.status).toBe(503);
      expect(element(answered, 'Code')).toBe('ServiceUnavailable');
      expect(element(answered, 'Reason')).toBe('rules_unavailable');
      expect(value(answered, 'retry-after')).toMatch(/^[1-9]\d*$/);
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(value(answered, 'vary')).toBe(PREFLIGHT_VARY);
      expect(value(answered, idHeader)).toBe(element(answered, 'RequestId'));
      expect(corsHeaders(answered)).toEqual({});
      expect(edge().bucket.asked).toEqual([]);
    });

    test('requests during the pause start no further load', async () => {
      await call(edge().url, { target: '/key' });
      edge().bucket.reset();
      for (let count = 0; count < 5; count += 1) await call(edge().url, { target: '/key' });
      expect(edge().bucket.rulesAsked.length).toBeLessThanOrEqual(1);
    });
  });

  describe('rules of a store that starts and then stops answering', () => {
    const edge = useEdge(runtime, { rules: 'unknown' });

    test('stay in force as the last good ones', async () => {
      await objectsFlowUncached(edge());
      await edge().setRules(EVERYBODY);
      const known = async () => {
        edge().bucket.script = { status: 200, headers: ['Cache-Control', 'max-age=60'] };
        const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
        expect(corsHeaders(answered)).toEqual(EVERYBODY_HEADERS);
        expect(values(answered, 'vary')).toEqual([]);
        expect(value(answered, 'cache-control')).toBe('max-age=60');
        const asked = await call(edge().url, { method: 'OPTIONS', target: '/key', headers: ASKING });
        expect(asked.status).toBe(200);
      };
      await known();
      await edge().setRules('unknown');
      await known();
      await edge().setRules('none');
      const asked = await call(edge().url, { method: 'OPTIONS', target: '/key', headers: ASKING });
      expect(element(asked, 'Reason')).toBe('no_rules');
    });
  });

  describe('unknown rules that a client writes', () => {
    const edge = useEdge(runtime, { rules: 'unknown' });

    test('are known at once', async () => {
      const { bucket } = edge();
      const preflight = () => call(edge().url, { method: 'OPTIONS', target: '/key', headers: ASKING });
      expect((await preflight()).status).toBe(503);
      bucket.script = (_asked, incoming, outgoing) => {
        incoming.resume().once('end', () => {
          bucket.rules = EVERYBODY;
          say(outgoing, { status: 200 });
        });
      };
      const written = await call(edge().url, { method: 'PUT', target: '/?cors', body: 'a document' });
      expect(written.status).toBe(200);
      expect((await preflight()).status).toBe(200);
    });
  });

  describe('while the rules are unknown, with --vary store', () => {
    const edge = useEdge(runtime, { dialect: 's3', vary: 'store', rules: 'unknown' });
    test('objects are served with no-store', () => objectsFlowUncached(edge()));
  });
}
