import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, corsHeaders, value } from '../helpers/client.ts';
import { until } from '../helpers/until.ts';
import { isError } from './errors.ts';
import { codeOn, type Edge, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from './sets.ts';

export function addUnreachableTests(runtime: Runtime): void {
  describe('an unreachable bucket', () => {
    // No program listens on port 1, which only root could open.
    const edge = useEdge(runtime, {
      rules: ONE_ORIGIN,
      buckets: [{ name: 'bucket', url: 'http://127.0.0.1:1' }],
    });

    test.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])('is 502 to %s', async (method) => {
      const body = method === 'PUT' || method === 'POST' ? { body: Buffer.alloc(200_000) } : {};
      const answered = await call(edge().url, { method, target: '/key', headers: ['Origin', A], ...body });
      expect(answered.status).toBe(502);
      if (method !== 'HEAD') isError(answered, 502, codeOn(runtime, 'BucketUnreachable'));
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });

    test('is reported with the platform’s own cause', async () => {
      const before = edge().events.length;
      await call(edge().url, { target: '/key' });
      await until('an event', () => edge().events.length > before);
      expect(edge().events.at(-1)?.cause).toMatch(/\w{3}/);
    });

    test('still has its preflights answered by its rules', async () => {
      const headers = ['Origin', A, 'Access-Control-Request-Method', 'PUT'];
      expect((await call(edge().url, { method: 'OPTIONS', target: '/key', headers })).status).toBe(200);
    });
  });

  describe('a bucket that is slow', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, timeouts: { connect: 5_000, head: 60, idle: 60 } });

    testOn(runtime, 'time-outs').each(['GET', 'PUT', 'DELETE'])(
      'to begin its answer is 504 to %s',
      async (method) => {
        edge().bucket.script = (_asked, incoming) => void incoming.resume();
        const body = method === 'PUT' ? { body: 'a body' } : {};
        const answered = await call(edge().url, { method, target: '/key', headers: ['Origin', A], ...body });
        isError(answered, 504, 'BucketHeadTimeout');
        expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
        expect(value(answered, 'vary')).toBe('Origin');
      },
    );

    testOn(runtime, 'time-outs')('in the middle of its answer has the answer broken off', async () => {
      edge().bucket.script = (_asked, _incoming, outgoing) =>
        void outgoing.writeHead(200, ['Content-Length', '10']).write('begun');
      const answered = await call(edge().url, { target: '/key' });
      expect(answered.status).toBe(200);
      expect(answered.complete).toBe(false);
    });
  });

  describe('a bucket slower than the head timeout', () => {
    const edge = useEdge(runtime, {
      rules: ONE_ORIGIN,
      timeouts: { connect: 5_000, head: 1_000, idle: 5_000 },
    });

    test('is 504 after that timeout', async () => {
      edge().bucket.script = () => {};
      const before = performance.now();
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      isError(answered, 504, 'BucketHeadTimeout');
      expect(performance.now() - before).toBeGreaterThan(900);
      expect(performance.now() - before).toBeLessThan(10_000);
    });
  });

  describe('a bucket that completes no TLS handshake', () => {
    // It listens but never completes the handshake, which counts as part of connecting.
    const mute = createServer({ pauseOnConnect: true });
    const options = { rules: ONE_ORIGIN, timeouts: { connect: 60, head: 5_000, idle: 5_000 } };
    let edge: Edge | undefined;
    beforeAll(async () => {
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
      const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
      edge = await runtime.open({ ...options, buckets: [{ name: 'bucket', url }] });
    });
    afterAll(async () => {
      await edge?.close();
      mute.close();
    });

    testOn(runtime, 'time-outs')('is 504 after the connect timeout', async () => {
      const answered = await call(edge?.url ?? '', { target: '/key', headers: ['Origin', A] });
      isError(answered, 504, 'BucketConnectTimeout');
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });
  });
}
