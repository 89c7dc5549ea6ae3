import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import type { RulesStatus } from '../../src/rules/record.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import { versionOf } from '../../src/rules/version.ts';
import { rule } from '../helpers/rules.ts';
import {
  type Controlled,
  controlled,
  load,
  MISSING,
  NONE,
  rulesOf,
  summary,
  unknown,
} from './_controlled.ts';

const TTL = 60_000;
const MAX_STALE = 600_000;
const START = 1_700_000_000_000;
// Longer than the time to live with the longest jitter.
const LATER = 70_000;

let clock = START;
let changes: { bucket: RuledBucket; status: RulesStatus }[] = [];
beforeEach(() => {
  clock = START;
  changes = [];
});

const newCache = (maxStale = MAX_STALE) =>
  createRulesCache({
    ttl: TTL,
    maxStale,
    now: () => clock,
    wallClock: () => clock,
    onChange: (bucket, status) => changes.push({ bucket, status }),
  });

/** Lets the rules expire, and answers the load. */
async function step(
  cache: ReturnType<typeof newCache>,
  source: Controlled,
  found: Parameters<typeof load>[2],
): Promise<void> {
  clock += LATER;
  const current = cache.current(source.bucket);
  await load(cache, source, found);
  await current;
}

describe('status', () => {
  test('is not_loaded before the first request', () => {
    expect(newCache().status('b')).toEqual({
      state: 'not_loaded',
      lastGood: null,
      findings: [],
      failure: null,
      loads: { changed: 0, unchanged: 0, failed: 0 },
      age: null,
      due: 0,
    });
  });

  test('follows loads that confirm, change, fail and recover', async () => {
    const cache = newCache();
    const source = controlled();
    await step(cache, source, rulesOf('https://a'));
    const first = clock;
    const version = cache.status('b').lastGood?.version;
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(cache.status('b')).toMatchObject({
      state: 'fresh',
      failure: null,
      lastGood: { outcome: 'rules', warnings: [], loadedAt: first, confirmedAt: first },
    });

    await step(cache, source, rulesOf('https://a'));
    expect(cache.status('b').lastGood).toMatchObject({ version, loadedAt: first, confirmedAt: clock });

    await step(cache, source, rulesOf('https://b'));
    const changed = clock;
    expect(cache.status('b').lastGood).toMatchObject({ loadedAt: changed, confirmedAt: changed });
    expect(cache.status('b').lastGood?.version).not.toBe(version);

    await step(cache, source, unknown('down'));
    await step(cache, source, unknown('down'));
    expect(cache.status('b')).toMatchObject({
      state: 'stale',
      lastGood: { loadedAt: changed, confirmedAt: changed },
      failure: { cause: 'down', cure: 'wait', at: clock, count: 2 },
    });

    await step(cache, source, rulesOf('https://b'));
    expect(cache.status('b')).toMatchObject({
      state: 'fresh',
      failure: null,
      lastGood: { loadedAt: changed, confirmedAt: clock },
      loads: { changed: 2, unchanged: 2, failed: 2 },
    });
  });

  test('is unavailable if the first load fails', async () => {
    const cache = newCache();
    await step(cache, controlled(), unknown('down'));
    expect(cache.status('b')).toMatchObject({ state: 'unavailable', lastGood: null, failure: { count: 1 } });
  });

  test('has the warnings of the document in force', async () => {
    const cache = newCache();
    const warnings = [{ place: 'CORSRule[1]', reason: 'odd', write: 'another' }];
    await step(cache, controlled(), { ...rulesOf('https://a'), outcome: 'rules', warnings } as never);
    expect(cache.status('b').lastGood?.warnings).toEqual(warnings);
  });
});

describe('onChange is called', () => {
  const A = rulesOf('https://a');
  const B = rulesOf('https://b');
  test.each([
    ['once for the first rules', [A], 1],
    ['once for the first failure', [unknown()], 1],
    ['once although the same rules are loaded again', [A, A, A], 1],
    ['for each change of the rules', [A, B, A], 3],
    ['for rules that are removed', [A, NONE], 2],
    ['for a bucket that is deleted, although it had no rules', [NONE, MISSING], 2],
    ['once for consecutive failures of one cause', [A, unknown(), unknown(), unknown()], 2],
    ['for a failure of another cause', [A, unknown('one'), unknown('two'), unknown('two')], 3],
    ['for a recovery with the same rules', [A, unknown(), A, A], 3],
    ['for a failure after a recovery', [A, unknown(), A, unknown()], 4],
    ['once for a recovery with other rules', [A, unknown(), B, B], 3],
  ])('%s', async (_, found, count) => {
    const cache = newCache();
    const source = controlled();
    for (const loaded of found) await step(cache, source, loaded);
    expect(changes).toHaveLength(count);
    expect(changes.every(({ bucket }) => bucket === source.bucket)).toBe(true);
  });

  test('with the status after the change', async () => {
    const cache = newCache();
    const source = controlled();
    await step(cache, source, A);
    await step(cache, source, unknown('down'));
    await step(cache, source, B);
    expect(changes.map(({ status }) => [status.state, status.failure?.cause])).toEqual([
      ['fresh', undefined],
      ['stale', 'down'],
      ['fresh', undefined],
    ]);
  });
});

describe('a version', () => {
  const set = (about: Parameters<typeof rule>[0], responseVary = false) => ({
    rules: [rule(about)],
    responseVary,
  });

  test('is the same for the same rules', async () => {
    const about = { allowedOrigins: ['https://a'], maxAgeSeconds: 5 };
    expect(await versionOf(set(about))).toBe(await versionOf(set({ ...about })));
  });

  test.each([
    ['origins', set({ allowedOrigins: ['https://b'] })],
    ['methods', set({ allowedMethods: ['GET', 'PUT'] })],
    ['request headers', set({ allowedHeaders: ['*'] })],
    ['exposed headers', set({ exposeHeaders: ['ETag'] })],
    ['max age', set({ maxAgeSeconds: 0 })],
    ['ID', set({ id: 'r' })],
    ['ResponseVary', set({}, true)],
    ['number of rules', { rules: [rule(), rule()], responseVary: false }],
  ])('differs for other %s', async (_, other) => {
    expect(await versionOf(other)).not.toBe(await versionOf(set({})));
  });
});

test('law: the last answer stays in force after any number of failed loads, until it is too old', async () => {
  const found = fc.constantFrom('https://a', 'https://b', 'none', 'missing', 'unknown');
  const steps = fc.array(fc.record({ found, later: fc.integer({ min: 0, max: 200_000 }) }), {
    maxLength: 12,
  });
  const loadedFor = (word: string) =>
    word === 'none' ? NONE : word === 'missing' ? MISSING : word === 'unknown' ? unknown() : rulesOf(word);
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const cache = newCache();
      const source = controlled();
      let last = { word: 'unavailable', at: Number.POSITIVE_INFINITY };
      for (const { found, later } of sequence) {
        clock += later;
        const current = cache.current(source.bucket);
        if (source.pending() > 0) {
          await load(cache, source, loadedFor(found));
          if (found !== 'unknown') last = { word: found, at: clock };
        }
        await current;
        const expected = clock - last.at > MAX_STALE ? 'unavailable' : last.word;
        expect(summary(await cache.current(source.bucket))).toBe(expected);
      }
    }),
    { numRuns: 60 },
  );
});
