import { describe, expect, test } from 'vitest';
import { createNames } from '../../src/rules/names.ts';

const LIMITS = { known: 3, fresh: 2, missing: 4, missingFor: 1_000 };

function names(limits = LIMITS) {
  let at = 0;
  const closed: string[] = [];
  const made = createNames<{ name: string }>({
    open: (name) => ({ name }),
    close: ({ name }) => closed.push(name),
    limits,
    now: () => at,
  });
  const pass = (milliseconds: number): void => {
    at += milliseconds;
  };
  return { ...made, closed, pass };
}

describe('names', () => {
  test('are opened once', () => {
    const { find, confirm, known } = names();
    const one = find('a');
    expect(find('a')).toBe(one);
    confirm('a');
    expect(find('a')).toBe(one);
    expect(known()).toEqual(['a']);
  });

  test('that exist give no place to new ones', () => {
    const { find, confirm, known, closed } = names();
    for (const name of ['a', 'b', 'c']) {
      find(name);
      confirm(name);
    }
    for (const name of ['1', '2', '3', '4']) find(name);
    expect(closed).toEqual(['1', '2']);
    expect(known()).toEqual(['c', 'b', 'a']);
    find('d');
    confirm('d');
    expect(closed).toEqual(['1', '2', '3', 'a']);
  });

  test('that are missing are remembered for a while, and closed', () => {
    const { find, drop, pass, closed, peek } = names();
    find('a');
    drop('a');
    expect(closed).toEqual(['a']);
    expect(find('a')).toBeNull();
    expect(peek('a')).toBeUndefined();
    pass(999);
    expect(find('a')).toBeNull();
    pass(1_001);
    expect(find('a')).not.toBeNull();
  });

  test('that are missing may be found again at once', () => {
    const { find, drop, revive } = names();
    drop('a');
    revive('a');
    expect(find('a')).not.toBeNull();
  });

  test('that are missing take a bounded room, the oldest leave first', () => {
    const { find, drop } = names();
    for (const name of ['1', '2', '3', '4']) drop(name);
    expect(['1', '2', '3', '4'].map((name) => find(name))).toEqual([null, null, null, null]);
    drop('5');
    expect(find('3')).toBeNull();
    expect(find('1')).not.toBeNull();
  });

  test('are all forgotten at the end', () => {
    const { find, confirm, drop, clear, closed } = names();
    find('a');
    confirm('a');
    find('b');
    drop('c');
    clear();
    expect(closed).toEqual(['a', 'b']);
    expect(find('c')).not.toBeNull();
  });
});
