import { describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { call, corsHeaders, value } from '../helpers/client.ts';
import { say } from '../helpers/upstream.ts';
import { type Edge, type Runtime, useEdge } from './runtime.ts';
import { A, EVERYBODY, ONE_ORIGIN } from './sets.ts';

const MARK = ['X-Marked', 'by the client'];

const allowOrigin = async (edge: Edge) =>
  corsHeaders(await call(edge.url, { target: '/key', headers: ['Origin', A] }))[
    'access-control-allow-origin'
  ];

const WRITES: readonly [method: string, target: string, status: number][] = [
  ['PUT', '/?cors', 200],
  ['PUT', '/?cors=', 204],
  ['PUT', '/?x-id=PutBucketCors&cors', 200],
  ['PUT', '/?%63ors=1', 200],
  ['DELETE', '/?cors', 204],
  ['DELETE', '/?cors&x-id=DeleteBucketCors', 204],
];

const OTHERS: readonly [method: string, target: string, status: number][] = [
  ['PUT', '/?cors', 403],
  ['PUT', '/?cors', 400],
  ['DELETE', '/?cors', 500],
  ['PUT', '/?cors', 307],
  ['PUT', '/key?cors', 200],
  ['PUT', '/?corsica', 200],
  ['PUT', '/?a=cors', 200],
  ['POST', '/?cors', 200],
  ['PUT', '/cors', 200],
];

export function addManagementTests(runtime: Runtime): void {
  describe.each(['', '/the-bucket'])('rules of a bucket at "%s", changed through the edge', (path) => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, buckets: [{ name: 'bucket', path }] });

    test.each(WRITES)('%s %s answered %i takes effect at once', async (method, target, status) => {
      await edge().setRules(ONE_ORIGIN);
      const { bucket } = edge();
      bucket.script = (asked, incoming, outgoing) => {
        incoming.resume().once('end', () => {
          if (asked.target === path + target) bucket.rules = method === 'PUT' ? EVERYBODY : 'none';
          say(outgoing, { status });
        });
      };
      expect(await allowOrigin(edge())).toBe(A);
      const written = await call(edge().url, {
        method,
        target,
        headers: ['Origin', A],
        body: toXml(EVERYBODY),
      });
      expect(written.status).toBe(status);
      const wanted = method === 'PUT' ? '*' : undefined;
      // The next request already: a client may rely on a 200.
      expect(await allowOrigin(edge())).toBe(wanted);
    });

    test.each(['PUT', 'DELETE'])('a %s is answered when its rules are in force', async (method) => {
      await edge().setRules(ONE_ORIGIN);
      const order: string[] = [];
      edge().bucket.rules = (_asked, _incoming, outgoing) => {
        const body = toXml(EVERYBODY);
        setTimeout(() => {
          order.push('loaded');
          say(outgoing, { status: 200, body });
        }, 200);
      };
      const written = await call(edge().url, { method, target: '/?cors', body: 'rules' });
      order.push('answered');
      expect(written.body.toString()).toBe('the object');
      expect(order).toEqual(['loaded', 'answered']);
    });

    test.each(OTHERS)('%s %s answered %i starts no load', async (method, target, status) => {
      await edge().setRules(ONE_ORIGIN);
      edge().bucket.reset();
      edge().bucket.script = { status };
      const written = await call(edge().url, { method, target, body: toXml(EVERYBODY) });
      expect(written.status).toBe(status);
      // A load would reach the bucket before these requests are answered.
      for (let count = 0; count < 3; count += 1) await call(edge().url, { target: '/key' });
      expect(edge().bucket.rulesAsked).toEqual([]);
    });

    test('GET ?cors reaches the bucket with the client’s own authentication', async () => {
      await edge().setRules(ONE_ORIGIN);
      edge().bucket.reset();
      const headers = [...MARK, 'Authorization', 'OSS ak:c2lnbmF0dXJl', 'Origin', A];
      const answered = await call(edge().url, { target: '/?cors', headers });
      expect(answered.status).toBe(200);
      expect(answered.body.toString()).toBe(toXml(ONE_ORIGIN));
      expect(corsHeaders(answered)['access-control-allow-origin']).toBe(A);
      const [asked, ...more] = edge().bucket.rulesAsked;
      expect(more).toEqual([]);
      expect(value({ headers: asked?.headers ?? [] }, 'authorization')).toBe('OSS ak:c2lnbmF0dXJl');
    });

    test.each([
      ['POST', '/key?uploads'],
      ['PUT', '/key?partNumber=1&uploadId=a%2Bb'],
      ['DELETE', '/key?uploadId=a%2Bb'],
      ['GET', '/?uploads'],
      ['GET', '/?acl'],
      ['POST', '/?delete'],
      ['HEAD', '/?cors'],
    ])('%s %s reaches the bucket like any request', async (method, target) => {
      const answered = await call(edge().url, { method, target, headers: ['Origin', A] });
      expect(answered.status).toBe(200);
      expect(edge().bucket.asked).toMatchObject([{ method, target: path + target }]);
      expect(corsHeaders(answered)).toHaveProperty('access-control-allow-origin');
    });
  });

  describe.each([
    { path: '', keepPrefix: false, served: { bare: '/', slashed: '/' } },
    { path: '/the-bucket', keepPrefix: false, served: { bare: '/the-bucket', slashed: '/the-bucket/' } },
    { path: '', keepPrefix: true, served: { bare: '/name', slashed: '/name/' } },
  ])('rules changed through the edge under a prefix: %o', ({ path, keepPrefix, served }) => {
    const edge = useEdge(runtime, {
      rules: ONE_ORIGIN,
      buckets: [{ name: 'bucket', path, keepPrefix, prefix: '/name' }],
    });

    test.each([
      ['PUT', '/name?cors', served.bare],
      ['DELETE', '/name?cors', served.bare],
      ['PUT', '/name?cors=', served.bare],
      ['PUT', '/name/?cors', served.slashed],
      ['DELETE', '/name/?cors', served.slashed],
    ])('%s %s loads the rules at once', async (method, target, asked) => {
      await edge().setRules(ONE_ORIGIN);
      edge().bucket.reset();
      const written = await call(edge().url, { method, target, body: toXml(EVERYBODY) });
      expect(written.status).toBe(200);
      expect(edge().bucket.asked.map((request) => request.target)).toEqual([
        asked + target.slice(target.indexOf('?')),
      ]);
      await call(edge().url, { target: '/name/key' });
      expect(edge().bucket.rulesAsked).toHaveLength(1);
    });

    test.each(['/name/name?cors', '/name//?cors', '/name?corsica'])(
      'PUT %s starts no load',
      async (target) => {
        await edge().setRules(ONE_ORIGIN);
        edge().bucket.reset();
        expect((await call(edge().url, { method: 'PUT', target })).status).toBe(200);
        for (let count = 0; count < 3; count += 1) await call(edge().url, { target: '/name/key' });
        expect(edge().bucket.rulesAsked).toEqual([]);
      },
    );
  });
}
