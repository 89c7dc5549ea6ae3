import { afterEach, describe, expect, test, vi } from 'vitest';
import { NO_RULES } from '../../src/cors/rule.ts';
import { createCopies, type Keep, READ_TIMEOUT } from '../../src/rules/keep.ts';
import type { CopyHead, LastGood } from '../../src/rules/last-good.ts';

const NOW = 1_700_000_000_000;
const MAX_STALE = 1_000_000;

const record = (version: string, confirmedAt = NOW): LastGood => ({
  outcome: 'none',
  ruleSet: NO_RULES,
  version,
  warnings: [],
  loadedAt: confirmedAt,
  confirmedAt,
});

/** A `Keep` with this copy. */
function keepWith(stored: LastGood | null) {
  const written: string[] = [];
  const peeks: boolean[] = [];
  let copy = stored;
  const keep: Keep = {
    read: async () => copy,
    peek: async (_, fresh) => {
      peeks.push(fresh);
      return copy;
    },
    write: async (_, given) => {
      written.push(given.version);
      copy = given;
    },
  };
  return { keep, written, peeks };
}

const copiesIn = (...keeps: readonly Keep[]) =>
  createCopies({ keeps, maxStale: MAX_STALE, wallClock: () => NOW });

describe('of several copies', () => {
  afterEach(() => void vi.useRealTimers());

  const read = (...stored: (LastGood | null)[]) =>
    copiesIn(...stored.map((one) => keepWith(one).keep)).read('b');

  test('the most recently confirmed one is read', async () => {
    const [old, recent] = [record('old', NOW - 6), record('recent', NOW - 5)];
    expect(await read(null, old, recent, null)).toEqual({ copy: recent, age: 5 });
    expect(await read(recent, old)).toEqual({ copy: recent, age: 5 });
    expect(await read(null, null)).toBeNull();
    expect(await read()).toBeNull();
  });

  test.each<[string, number]>([
    ['ahead of the clock', NOW + 3_600_000],
    ['before 2020', 5],
  ])('one with a date %s does not hide rules with a correct date', async (_, date) => {
    const [wrong, good] = [record('wrong', date), record('good', NOW - MAX_STALE)];
    expect(await read(wrong, good)).toEqual({ copy: good, age: MAX_STALE });
    expect(await read(good, wrong)).toEqual({ copy: good, age: MAX_STALE });
    expect(await read(record('expired', NOW - MAX_STALE - 1), wrong)).toEqual({ copy: wrong, age: null });
  });

  test('one in a storage that does not answer does not hide the others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const copy = record('there');
    const silent: Keep = { ...keepWith(null).keep, read: () => new Promise(() => {}) };
    const failing: Keep = { ...keepWith(null).keep, read: () => Promise.reject(new Error('broken')) };
    const reading = copiesIn(silent, failing, keepWith(copy).keep).read('b');
    await vi.advanceTimersByTimeAsync(READ_TIMEOUT + 1);
    expect(await reading).toEqual({ copy, age: 0 });
  });

  test('all are written', () => {
    const [one, two] = [keepWith(null), keepWith(null)];
    copiesIn(one.keep, two.keep).write('b', record('v1'));
    expect([one.written, two.written]).toEqual([['v1'], ['v1']]);
  });

  test('only the missing one is written again', async () => {
    const [there, lost] = [keepWith(record('v1')), keepWith(null)];
    await copiesIn(there.keep, lost.keep).restore('b', () => record('v1'), false);
    expect([there.written, lost.written]).toEqual([[], ['v1']]);
  });
});

describe('a copy', () => {
  const TENTH = MAX_STALE / 10;
  test.each<[string, CopyHead | null, boolean]>([
    ['that is missing', null, true],
    ['of the same version', record('v1', NOW), false],
    ['confirmed less than a tenth of maxStale ago', record('v1', NOW - TENTH + 1), false],
    ['confirmed a tenth of maxStale ago', record('v1', NOW - TENTH), true],
    ['from the future, since the clock was set back', record('v1', NOW + TENTH), true],
    ['from 1970, by a clock that was not set', record('v1', 0), true],
    ['of an older version', record('v0', NOW - 1), true],
    ['of another version, confirmed at the same time', record('v0', NOW), true],
    ['of another version, from the future', record('v0', NOW + TENTH), true],
    ['of another version, by a clock that is a little ahead', record('v0', NOW + 1), false],
  ])('%s: is written again: %s', async (_, stored, again) => {
    const { keep, written } = keepWith(stored as LastGood | null);
    await copiesIn(keep).restore('b', () => record('v1'), false);
    expect(written).toEqual(again ? ['v1'] : []);
  });

  test('of a newer version by another process is not overwritten', async () => {
    const { keep, written } = keepWith(record('v2', NOW));
    await copiesIn(keep).restore('b', () => record('v1', NOW - 1), false);
    expect(written).toEqual([]);
  });

  test('that another edge has confirmed since is not dated back by an edge whose loads fail', async () => {
    const { keep, written } = keepWith(record('v1', NOW));
    await copiesIn(keep).restore('b', () => record('v1', NOW - 5 * TENTH), false);
    expect(written).toEqual([]);
  });

  test.each<[string, number, boolean]>([
    ['by rules that a load has just found', 0, true],
    ['by older rules, as it may be newer than they', 60_000, false],
  ])('that the storage does not answer about is replaced %s', async (_, age, again) => {
    const { keep, written } = keepWith(null);
    const silent: Keep = { ...keep, peek: async () => 'unknown' };
    await copiesIn(silent).restore('b', () => record('v1', NOW - age), false);
    expect(written).toEqual(again ? ['v1'] : []);
  });

  test('is written with the rules in force after the check', async () => {
    const { keep, written } = keepWith(null);
    let known = record('v1');
    const restored = copiesIn(keep).restore('b', () => known, false);
    known = record('v2');
    await restored;
    expect(written).toEqual(['v2']);
  });

  test('is not written if the rules expired during the check', async () => {
    const { keep, written } = keepWith(null);
    let known: LastGood | null = record('v1');
    const restored = copiesIn(keep).restore('b', () => known, false);
    known = null;
    await restored;
    expect(written).toEqual([]);
  });

  test('is not checked if there are no rules to store', async () => {
    const { keep, peeks } = keepWith(null);
    await copiesIn(keep).restore('b', () => null, false);
    expect(peeks).toEqual([]);
  });

  test('is checked once more for all calls during a check', async () => {
    const { keep, peeks } = keepWith(record('v1'));
    const copies = copiesIn(keep);
    const all = [1, 2, 3, 4].map(() => copies.restore('b', () => record('v1'), true));
    await Promise.all(all);
    expect(peeks).toEqual([true, true]);
    await copies.restore('b', () => record('v1'), false);
    expect(peeks).toEqual([true, true, false]);
  });
});
