import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { until } from '../helpers/until.ts';
import { KEYS } from '../node/signing.ts';
import { rulesFor, type Store, UNAVAILABLE } from '../node/store.ts';
import { admin, allows, type Edge, edges } from './edges.ts';
import { type FakeClock, fakeClock, skipped, WITH_FAKETIME } from './faketime.ts';
import { PATIENCE } from './process.ts';

const all = edges();
const A = 'https://a.example';
const B = 'https://b.example';

/** Connections are dealt out in turn, so that each worker process answers some of these. */
const allAllow = async (edge: Edge, origin: string): Promise<boolean> => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => allows(edge, origin)));
  return answers.every((allowed) => allowed);
};
const allRefuse = async (edge: Edge, origin: string): Promise<boolean> => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => allows(edge, origin)));
  return answers.every((allowed) => !allowed);
};

const rulesOf = async (edge: Edge) => (await admin(edge, '/rules')).json.buckets[0];

const STEPS: readonly [name: string, offset: string][] = [
  ['back', '-8h'],
  ['ahead', '+8h'],
];
const PROCESSES: readonly [name: string, args: readonly string[]][] = [
  ['one process', []],
  ['worker processes', ['--workers', '2']],
];
const CASES = STEPS.flatMap(([step, offset]) =>
  PROCESSES.map(([processes, args]) => ({ step, offset, processes, args })),
);

describe.skipIf(skipped)(`a wall clock that is set ${WITH_FAKETIME}`, () => {
  let clock: FakeClock;
  let store: Store;
  beforeEach(async () => {
    clock = await fakeClock(all.at('offset'));
    store = await all.store(A);
  });

  const serve = async (...args: string[]): Promise<Edge> => {
    const edge = await all.serveWith({ env: clock.env }, '--bucket', store.url, ...args);
    await until('the rules are in force', () => allAllow(edge, A), PATIENCE);
    return edge;
  };

  test.each(CASES)(
    '8 hours $step: $processes goes on loading rules at their ttl',
    async ({ offset, args }) => {
      const edge = await serve('--rules-ttl', '1s', ...args);
      await clock.set(offset);
      store.cors = { status: 200, body: rulesFor(B) };
      await until('the new rules are in force', () => allAllow(edge, B), PATIENCE);
      expect(await rulesOf(edge)).toMatchObject({ state: 'fresh', failure: null });
      expect((await rulesOf(edge)).ageSeconds).toBeLessThan(PATIENCE / 1000);
    },
  );

  test.each(PROCESSES)('8 hours back: %s gives up last good rules after --max-stale', async (_, args) => {
    const edge = await serve('--rules-ttl', '1s', '--max-stale', '4s', ...args);
    store.cors = UNAVAILABLE;
    await clock.set('-8h');
    await until('the load has failed', async () => (await rulesOf(edge)).state === 'stale', PATIENCE);
    await until('the rules are given up', () => allRefuse(edge, A), PATIENCE);
    const { state, ageSeconds } = await rulesOf(edge);
    expect(state).toBe('unavailable');
    expect(ageSeconds).toBeGreaterThanOrEqual(4);
    expect(ageSeconds).toBeLessThan(60);
  });

  test.each(PROCESSES)(
    '8 hours ahead: %s has last good rules in force until --max-stale',
    async (_, args) => {
      const edge = await serve('--rules-ttl', '1s', '--max-stale', '1h', ...args);
      store.cors = UNAVAILABLE;
      await clock.set('+8h');
      await until('the load has failed', async () => (await rulesOf(edge)).failure?.count > 1, PATIENCE);
      expect(await allAllow(edge, A)).toBe(true);
      const { state, ageSeconds } = await rulesOf(edge);
      expect(state).toBe('stale');
      expect(ageSeconds).toBeLessThan(60);
    },
  );
});

describe.skipIf(skipped)(`a store that refuses signatures for a wrong clock, ${WITH_FAKETIME}`, () => {
  let bucket: OpenDirectoryBucket;
  beforeEach(async () => {
    await mkdir(all.at('media'));
    bucket = await openDirectoryBucket({ folder: all.at('media'), credentials: KEYS });
    await writeFile(bucket.rulesFile, rulesFor(A));
  });
  afterEach(() => bucket.close());

  async function skewed(offset: string): Promise<{ edge: Edge; clock: FakeClock }> {
    const clock = await fakeClock(all.at('offset'));
    await clock.set(offset);
    const keys = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
    const args = ['--bucket', bucket.url, '--bucket-name', 'media', '--region', 'cn-hangzhou'];
    const edge = await all.serveWith({ env: { ...clock.env, ...keys } }, ...args);
    const refused = async () =>
      /RequestTimeTooSkewed/.test(JSON.stringify((await admin(edge, '/readyz')).json));
    await until('the store refuses', refused, PATIENCE);
    return { edge, clock };
  }

  test.each(['-8h', '+8h'])(
    'a clock %s off that is set right is noticed by the next load',
    async (offset) => {
      const { edge, clock } = await skewed(offset);
      await clock.set('+0');
      await until('the rules are in force', () => allows(edge, A), PATIENCE);
      expect((await admin(edge, '/readyz')).json.status).toBe('ready');
    },
  );

  test('a clock 8 hours ahead that is set right is noticed by /refresh at once', async () => {
    const { edge, clock } = await skewed('+8h');
    await clock.set('+0');
    expect((await admin(edge, '/refresh', 'POST')).json.buckets).toMatchObject([{ state: 'fresh' }]);
    expect(await allows(edge, A)).toBe(true);
  });
});
