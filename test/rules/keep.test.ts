import { describe, expect, test } from 'vitest';
import { NO_RULES } from '../../src/cors/rule.ts';
import type { Keep } from '../../src/rules/keep.ts';
import { createCopies } from '../../src/rules/keep.ts';
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

/** A place with this in it. */
function place(stored: LastGood | null) {
  const written: string[] = [];
  const looks: boolean[] = [];
  let held = stored;
  const keep: Keep = {
    read: async () => held,
    peek: async (_, anew) => {
      looks.push(anew);
      return held;
    },
    write: async (_, given) => {
      written.push(given.version);
      held = given;
    },
  };
  return { keep, written, looks };
}

const copiesIn = (...keeps: readonly Keep[]) =>
  createCopies({ keeps, maxStale: MAX_STALE, wallClock: () => NOW });

describe('several copies', () => {
  test('the most recently confirmed is read, wherever it is', async () => {
    const [old, recent] = [record('old', 5), record('recent', 6)];
    const read = (...stored: (LastGood | null)[]) =>
      copiesIn(...stored.map((one) => place(one).keep)).read('b');
    expect(await read(null, old, recent, null)).toBe(recent);
    expect(await read(recent, old)).toBe(recent);
    expect(await read(null, null)).toBeNull();
    expect(await read()).toBeNull();
  });

  test('all are written', () => {
    const [one, two] = [place(null), place(null)];
    copiesIn(one.keep, two.keep).write('b', record('v1'));
    expect([one.written, two.written]).toEqual([['v1'], ['v1']]);
  });

  test('only the one that is missing is written again', async () => {
    const [there, lost] = [place(record('v1')), place(null)];
    await copiesIn(there.keep, lost.keep).restore('b', () => record('v1'), false);
    expect([there.written, lost.written]).toEqual([[], ['v1']]);
  });
});

describe('a copy', () => {
  const TENTH = MAX_STALE / 10;
  test.each<[string, CopyHead | null, boolean]>([
    ['that is missing', null, true],
    ['of the same version', record('v1', NOW), false],
    ['confirmed almost a tenth of maxStale ago', record('v1', NOW - TENTH + 1), false],
    ['confirmed a tenth of maxStale ago', record('v1', NOW - TENTH), true],
    ['dated ahead by a clock that was set back since', record('v1', NOW + TENTH), true],
    ['dated 1970 by a clock that was not set', record('v1', 0), true],
    ['of an older version', record('v0', NOW - 1), true],
    ['of another version, confirmed at the same time', record('v0', NOW), true],
    ['of another version, dated ahead', record('v0', NOW + 1), true],
  ])('%s: written again: %s', async (_, stored, again) => {
    const { keep, written } = place(stored as LastGood | null);
    await copiesIn(keep).restore('b', () => record('v1'), false);
    expect(written).toEqual(again ? ['v1'] : []);
  });

  test('of a version that another process has loaded since is left alone', async () => {
    const { keep, written } = place(record('v2', NOW));
    await copiesIn(keep).restore('b', () => record('v1', NOW - 1), false);
    expect(written).toEqual([]);
  });

  test('is written as the rules are after the look, not as they were before', async () => {
    const { keep, written } = place(null);
    let known = record('v1');
    const restored = copiesIn(keep).restore('b', () => known, false);
    known = record('v2');
    await restored;
    expect(written).toEqual(['v2']);
  });

  test('of rules that were given up meanwhile is not written', async () => {
    const { keep, written } = place(null);
    let known: LastGood | null = record('v1');
    const restored = copiesIn(keep).restore('b', () => known, false);
    known = null;
    await restored;
    expect(written).toEqual([]);
  });

  test('is not looked at where there is nothing to store', async () => {
    const { keep, looks } = place(null);
    await copiesIn(keep).restore('b', () => null, false);
    expect(looks).toEqual([]);
  });

  test('is looked at once more for all that ask during a look', async () => {
    const { keep, looks } = place(record('v1'));
    const copies = copiesIn(keep);
    const all = [1, 2, 3, 4].map(() => copies.restore('b', () => record('v1'), true));
    await Promise.all(all);
    expect(looks).toEqual([true, true]);
    await copies.restore('b', () => record('v1'), false);
    expect(looks).toEqual([true, true, false]);
  });
});
