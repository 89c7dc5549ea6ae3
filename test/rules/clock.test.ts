import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import { neverBack } from '../../src/rules/clock.ts';
import { MAX_STALE, TTL, useCaches, withoutJitter } from './_caches.ts';
import { controlled, load, now, rulesOf, settled, summary, unknown } from './_controlled.ts';
import { MAX_STALE as STORAGE_MAX_STALE, useStorage } from './_storage.ts';

const HOURS = 3_600_000;
const A = 'https://a';

test('law: neverBack returns the sum of the forward steps of a clock', () => {
  const step = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(fc.integer(), fc.array(step), (start, steps) => {
      let at = start;
      const clock = neverBack(() => at);
      let expected = clock();
      for (const by of steps) {
        at += by;
        expected += Math.max(0, by);
        expect(clock()).toBe(expected);
      }
    }),
  );
});

describe.each([-8 * HOURS, 8 * HOURS])('a wall clock that is set by %i ms', (step) => {
  const caches = useCaches();
  withoutJitter();

  test('does not change the time to live', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    caches.clock += TTL - 1;
    now(cache, source);
    expect(source.loads()).toBe(1);
    caches.clock += 2;
    now(cache, source);
    expect(source.loads()).toBe(2);
  });

  test('does not change the pause after a failed load', async () => {
    const { cache, source } = await caches.loaded();
    await caches.reload(cache, source, unknown());
    caches.wrong = step;
    caches.clock += 999;
    now(cache, source);
    expect(source.loads()).toBe(2);
    caches.clock += 2;
    now(cache, source);
    expect(source.loads()).toBe(3);
  });

  test('does not change the age of last good rules, nor when they expire', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    await caches.reload(cache, source, unknown());
    expect(cache.status('b')).toMatchObject({ state: 'stale', age: TTL + 1 });
    caches.clock += MAX_STALE - TTL - 1;
    expect(now(cache, source)).toBe(A);
    await load(cache, source, unknown());
    caches.clock += 1;
    expect(now(cache, source)).toBe('unavailable');
    expect(cache.status('b').state).toBe('unavailable');
  });

  test('dates loads and failures as it is set', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    await caches.reload(cache, source, rulesOf('https://b'));
    const wall = caches.clock + step;
    expect(cache.status('b').lastGood).toMatchObject({ loadedAt: wall, confirmedAt: wall });
    await caches.reload(cache, source, unknown());
    expect(cache.status('b').failure?.at).toBe(caches.clock + step);
  });
});

test('rules expire also by a clock that begins at 0', async () => {
  let clock = 0;
  const cache = createRulesCache({ ttl: TTL, maxStale: 0, now: () => clock });
  const source = controlled();
  const first = cache.current(source.bucket);
  await load(cache, source, rulesOf(A));
  await first;
  clock = 2 * TTL;
  now(cache, source);
  expect(source.loads()).toBe(2);
});

describe('a stored copy', () => {
  const storage = useStorage();
  const DUE = 23_000;

  test.each([-8 * HOURS, 8 * HOURS])('is dated again after the clock was set by %i ms', async (step) => {
    const [cache, source] = [storage.newCache(), controlled()];
    await storage.loaded(cache, source, rulesOf(A));
    const { loadedAt } = storage.copy();
    storage.wrong = step;
    storage.clock += DUE;
    await storage.loaded(cache, source, rulesOf(A));
    const confirmedAt = storage.clock + step;
    expect(storage.stored).toMatchObject({ confirmedAt, loadedAt: Math.min(loadedAt, confirmedAt) });
    expect(storage.writes()).toBe(2);
  });

  /** A new process with a copy that a clock `wrong` ms ahead dated `age` ms ago; its own clock is `nowWrong` ms ahead. */
  async function begun({ wrong = 0, age = 0, nowWrong = 0 }) {
    storage.wrong = wrong;
    await storage.otherProcess();
    storage.clock += age;
    storage.wrong = nowWrong;
    const [cache, source] = [storage.newCache(), controlled()];
    const first = cache.current(source.bucket);
    return { cache, source, first };
  }

  test.each<[string, Parameters<typeof begun>[0], number]>([
    ['of a minute ago by correct clocks', { age: 60_000 }, 60_000],
    ['written by a clock that was ahead', { wrong: 8 * HOURS, age: 60_000 }, 0],
    ['written by a clock that was not set', { wrong: -1_699_999_999_999, age: 60_000 }, 0],
    ['read by a clock that is not set', { age: 60_000, nowWrong: -1_699_999_999_999 }, 0],
    ['read by a clock that is behind', { age: 60_000, nowWrong: -8 * HOURS }, 0],
  ])('%s is in force until maxStale', async (_, about, age) => {
    const { cache, source, first } = await begun(about);
    expect(summary(await first)).toBe(A);
    expect(cache.status('b')).toMatchObject({ state: 'stale', age });
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    storage.clock += STORAGE_MAX_STALE - age;
    expect(now(cache, source)).toBe(A);
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    storage.clock += 1;
    expect(now(cache, source)).toBe('unavailable');
  });

  test('with a wrong date does not replace loaded rules', async () => {
    const [cache, source] = [storage.newCache(), controlled()];
    await storage.loaded(cache, source, rulesOf('https://b'));
    storage.clock += 10;
    storage.wrong = 8 * HOURS;
    await storage.otherProcess();
    storage.wrong = 0;
    const learning = cache.learn(source.bucket, storage.copy().version);
    // The source is asked instead.
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    await learning;
    expect(now(cache, source)).toBe('https://c');
  });

  test('that is too old by a wrong clock is used once the clock is corrected', async () => {
    const { cache, source, first } = await begun({ age: 60_000, nowWrong: 8 * HOURS });
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    expect(summary(await first)).toBe('unavailable');
    storage.wrong = 0;
    storage.clock += 2_000;
    now(cache, source);
    await settled(() => cache.status('b').state === 'stale');
    expect(now(cache, source)).toBe(A);
    expect(cache.status('b').age).toBe(62_000);
  });
});
