import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { type FakeClock, fakeClock, skipped, WITH_FAKETIME } from '../helpers/faketime.ts';
import { until } from '../helpers/until.ts';
import { KEYS } from '../node/buckets/_signing.ts';
import { useServer, WITH_SERVER, skipped as withoutRedis } from '../node/keep/_redis-server.ts';
import { rulesFor, type Store, UNAVAILABLE } from '../node/transport/_store.ts';
import { admin, allows, type Edge, edges } from './_edges.ts';
import { PATIENCE } from './_process.ts';
import { KEYS_ENV, keepIn, putRules } from './_rules-client.ts';

const all = edges();
/** Milliseconds that an edge may run: the tests wait for several loads, and for worker processes. */
const LIMIT_MS = 60_000;
const A = 'https://a.example';
const B = 'https://b.example';

/** Connections are distributed in turn, so each worker process answers some of these requests. */
const allAllow = async (edge: Edge, origin: string): Promise<boolean> => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => allows(edge, origin)));
  return answers.every((allowed) => allowed);
};
const allRefuse = async (edge: Edge, origin: string): Promise<boolean> => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => allows(edge, origin)));
  return answers.every((allowed) => !allowed);
};

const rulesOf = async (edge: Edge) => (await admin(edge, '/rules')).json.buckets[0];

const PROCESSES: readonly [name: string, args: readonly string[]][] = [
  ['one process', []],
  ['worker processes', ['--workers', '2']],
];

describe.skipIf(skipped)(`a step of the wall clock, ${WITH_FAKETIME}`, () => {
  let clock: FakeClock;
  let store: Store;
  beforeEach(async () => {
    clock = await fakeClock(all.at('offset'));
    store = await all.store(A);
  });

  const serve = async (...args: string[]): Promise<Edge> => {
    const edge = await all.serveWith({ env: clock.env, limit: LIMIT_MS }, '--bucket', store.url, ...args);
    await until('the rules are in force', () => allAllow(edge, A), PATIENCE);
    return edge;
  };

  test.each(PROCESSES)('changes neither the time to live nor the age of rules, with %s', async (_, args) => {
    const edge = await serve('--rules-ttl', '1s', '--max-stale', '1h', ...args);
    for (const [offset, origin] of [
      ['-8h', B],
      ['+8h', A],
    ] as const) {
      await clock.set(offset);
      store.cors = { status: 200, body: rulesFor(origin) };
      await until('the new rules are in force', () => allAllow(edge, origin), PATIENCE);
      const { state, ageSeconds, confirmedAt } = await rulesOf(edge);
      expect([state, ageSeconds < 60]).toEqual(['fresh', true]);
      // `confirmedAt` follows the wall clock.
      expect(Math.abs(Date.parse(confirmedAt) - Date.now()) / 3_600_000).toBeCloseTo(8, 1);
    }
    store.cors = UNAVAILABLE;
    await clock.set('+16h');
    await until('loads fail', async () => (await rulesOf(edge)).failure?.count > 1, PATIENCE);
    expect(await allAllow(edge, A)).toBe(true);
    const { state, ageSeconds } = await rulesOf(edge);
    expect([state, ageSeconds < 60]).toEqual(['stale', true]);
  });

  test.each(PROCESSES)('of 8 hours back does not defer --max-stale, with %s', async (_, args) => {
    const edge = await serve('--rules-ttl', '1s', '--max-stale', '4s', ...args);
    store.cors = UNAVAILABLE;
    await clock.set('-8h');
    await until('the load has failed', async () => (await rulesOf(edge)).state === 'stale', PATIENCE);
    await until('the rules are unavailable', () => allRefuse(edge, A), PATIENCE);
    const { state, ageSeconds } = await rulesOf(edge);
    expect([state, ageSeconds >= 4, ageSeconds < 60]).toEqual(['unavailable', true, true]);
  });

  describe.skipIf(withoutRedis)(`with Redis, ${WITH_SERVER}`, () => {
    const redis = useServer();

    test('does not falsify the age of shared rules for an edge whose clock is right', async () => {
      await redis.start();
      const edge = await serve('--rules-ttl', '1s', '--max-stale', '1h', '--redis', redis.url());
      await clock.set('-8h');
      store.cors = { status: 200, body: rulesFor(B) };
      await until('the new rules are in force', () => allAllow(edge, B), PATIENCE);
      await clock.set('+0');
      const hasRightTime = async () => {
        const [key] = (await redis.stranger('KEYS', 'bucket-cors:rules:*')) as string[];
        const { confirmedAt } = JSON.parse(String(await redis.stranger('GET', key ?? '')));
        return Math.abs(Date.now() - confirmedAt) < 60_000;
      };
      await until('the record has the right time', hasRightTime, PATIENCE);
      await all.end(store);
      const other = await all.serve('--bucket', store.url, '--max-stale', '1h', '--redis', redis.url());
      expect(await allows(other, B)).toBe(true);
      expect((await rulesOf(other)).ageSeconds).toBeLessThan(60);
    });
  });
});

describe.skipIf(skipped)(`rules that clients write, ${WITH_FAKETIME}`, () => {
  test.each(PROCESSES)('are the last ones also after the clock is set back, with %s', async (_, args) => {
    const clock = await fakeClock(all.at('offset'));
    const store = await all.store('https://bucket.example');
    const options = [...keepIn(store.url), '--state-dir', all.at('state'), ...args];
    const serve = () => all.serveWith({ env: { ...clock.env, ...KEYS_ENV }, limit: LIMIT_MS }, ...options);
    const edge = await serve();
    await putRules(edge, A);
    await clock.set('-8h');
    // Clients sign with the right time, which is 8 hours too late for this edge.
    await expect(putRules(edge, B)).rejects.toThrow('RequestTimeTooSkewed');
    const eightHoursAgo = () => Date.now() - 8 * 3_600_000;
    await putRules(edge, B, { wallClock: eightHoursAgo });
    expect(await allAllow(edge, B)).toBe(true);
    const { written } = await rulesOf(edge);
    expect(Math.abs(Date.parse(written.at) - eightHoursAgo())).toBeLessThan(60_000);
    edge.child.kill('SIGKILL');
    await edge.code;
    await clock.set('+0');
    const again = await serve();
    expect(await allAllow(again, B)).toBe(true);
    expect(await allAllow(again, A)).toBe(false);
  });
});

describe.skipIf(skipped)(`a store that refuses signatures for a wrong clock, ${WITH_FAKETIME}`, () => {
  let bucket: OpenDirectoryBucket;
  beforeEach(async () => {
    await mkdir(all.at('media'));
    bucket = await openDirectoryBucket({ folder: all.at('media'), credentials: KEYS });
    await writeFile(bucket.rulesFile, rulesFor(A));
  });
  afterEach(() => bucket.close());

  async function skewed(): Promise<{ edge: Edge; clock: FakeClock }> {
    const clock = await fakeClock(all.at('offset'));
    await clock.set('+8h');
    const keys = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
    const args = ['--bucket', bucket.url, '--bucket-name', 'media', '--region', 'cn-hangzhou'];
    const edge = await all.serveWith({ env: { ...clock.env, ...keys } }, ...args);
    const refused = async () =>
      /RequestTimeTooSkewed/.test(JSON.stringify((await admin(edge, '/readyz')).json));
    await until('the store refuses', refused, PATIENCE);
    return { edge, clock };
  }

  test('accepts the next load after a clock 8 hours ahead is set right', async () => {
    const { edge, clock } = await skewed();
    await clock.set('+0');
    await until('the rules are in force', () => allows(edge, A), PATIENCE);
    expect((await admin(edge, '/readyz')).json.status).toBe('ready');
  });

  test('accepts /refresh at once after a clock 8 hours ahead is set right', async () => {
    const { edge, clock } = await skewed();
    await clock.set('+0');
    expect((await admin(edge, '/refresh', 'POST')).json.buckets).toMatchObject([{ state: 'fresh' }]);
    expect(await allows(edge, A)).toBe(true);
  });
});
