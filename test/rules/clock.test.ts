import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import { neverBack } from '../../src/rules/clock.ts';
import { MAX_STALE, TTL, useCaches, withoutJitter } from './_caches.ts';
import { controlled, load, now, rulesOf, settled, told, unknown } from './_controlled.ts';
import { MAX_STALE as SHELF_MAX_STALE, useShelf } from './_shelf.ts';

const HOURS = 3_600_000;
const A = 'https://a';

test('law: a clock without its steps back gives the sum of its steps ahead', () => {
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

  test('changes nothing at the time to live', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    caches.clock += TTL - 1;
    now(cache, source);
    expect(source.loads()).toBe(1);
    caches.clock += 2;
    now(cache, source);
    expect(source.loads()).toBe(2);
  });

  test('changes nothing at the pause after a failed load', async () => {
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

  test('changes nothing at the age of last good rules, nor at when they are given up', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    await caches.reload(cache, source, unknown());
    expect(cache.status('b')).toMatchObject({ state: 'stale', age: TTL + 1 });
    caches.clock += MAX_STALE - TTL - 1;
    expect(now(cache, source)).toBe(A);
    caches.clock += 1;
    expect(now(cache, source)).toBe('unavailable');
    expect(cache.status('b').state).toBe('unavailable');
  });

  test('is shown as it is', async () => {
    const { cache, source } = await caches.loaded();
    caches.wrong = step;
    await caches.reload(cache, source, rulesOf('https://b'));
    const wall = caches.clock + step;
    expect(cache.status('b').lastGood).toMatchObject({ loadedAt: wall, confirmedAt: wall });
    await caches.reload(cache, source, unknown());
    expect(cache.status('b').failure?.at).toBe(caches.clock + step);
  });
});

test('a clock that begins at 0 has times to live too', async () => {
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

describe('what is stored', () => {
  const shelf = useShelf();
  const DUE = 23_000;

  test.each([-8 * HOURS, 8 * HOURS])('is dated again once the clock was set by %i ms', async (step) => {
    const [cache, source] = [shelf.newCache(), controlled()];
    await shelf.loaded(cache, source, rulesOf(A));
    const { loadedAt } = shelf.kept();
    shelf.wrong = step;
    shelf.clock += DUE;
    await shelf.loaded(cache, source, rulesOf(A));
    const confirmedAt = shelf.clock + step;
    expect(shelf.stored).toMatchObject({ confirmedAt, loadedAt: Math.min(loadedAt, confirmedAt) });
    expect(shelf.writes()).toBe(2);
  });

  /** A new process whose source is down, with what was stored `age` ms ago by a clock that was `wrong`. */
  async function begun({ wrong = 0, age = 0, nowWrong = 0 }) {
    shelf.wrong = wrong;
    await shelf.otherProcess();
    shelf.clock += age;
    shelf.wrong = nowWrong;
    const [cache, source] = [shelf.newCache(), controlled()];
    const first = cache.current(source.bucket);
    return { cache, source, first };
  }

  test.each<[string, Parameters<typeof begun>[0], number]>([
    ['of ten minutes ago by right clocks', { age: 60_000 }, 60_000],
    ['by a clock that was ahead', { wrong: 8 * HOURS, age: 60_000 }, 0],
    ['by a clock that was not set', { wrong: -1_699_999_999_999, age: 60_000 }, 0],
    ['and read by a clock that is not set', { age: 60_000, nowWrong: -1_699_999_999_999 }, 0],
    ['and read by a clock that is behind', { age: 60_000, nowWrong: -8 * HOURS }, 0],
  ])('%s is in force, and for no longer than maxStale', async (_, about, age) => {
    const { cache, source, first } = await begun(about);
    expect(told(await first)).toBe(A);
    expect(cache.status('b')).toMatchObject({ state: 'stale', age });
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    shelf.clock += SHELF_MAX_STALE - age;
    expect(now(cache, source)).toBe(A);
    shelf.clock += 1;
    expect(now(cache, source)).toBe('unavailable');
  });

  test('and dated wrongly does not take the place of rules that are known', async () => {
    const [cache, source] = [shelf.newCache(), controlled()];
    await shelf.loaded(cache, source, rulesOf('https://b'));
    shelf.clock += 10;
    shelf.wrong = 8 * HOURS;
    await shelf.otherProcess();
    shelf.wrong = 0;
    const learning = cache.learn(source.bucket, shelf.kept().version);
    // The source is asked instead.
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    await learning;
    expect(now(cache, source)).toBe('https://c');
  });

  test('and too old by a clock that is ahead is taken once the clock is set right', async () => {
    const { cache, source, first } = await begun({ age: 60_000, nowWrong: 8 * HOURS });
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    expect(told(await first)).toBe('unavailable');
    shelf.wrong = 0;
    shelf.clock += 2_000;
    now(cache, source);
    await settled(() => cache.status('b').state === 'stale');
    expect(now(cache, source)).toBe(A);
    expect(cache.status('b').age).toBe(62_000);
  });
});
