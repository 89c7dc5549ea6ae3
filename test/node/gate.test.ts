import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createGate, type Turn } from '../../src/node/gate.ts';

const told: string[] = [];
const turn = (name: string): Turn => ({
  go: () => told.push(`${name} goes`),
  refuse: () => told.push(`${name} refused`),
});

beforeEach(() => {
  told.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a gate for two, with a line of two', () => {
  const open = () => createGate({ connections: 2, queue: 2, wait: 1000 });
  const enter = (gate: ReturnType<typeof open>, names: string) => {
    const turns = [...names].map((name) => turn(name));
    for (const one of turns) gate.enter(one);
    return turns;
  };

  test('lets two go, two wait, and refuses the fifth', () => {
    enter(open(), 'abcde');
    expect(told).toEqual(['a goes', 'b goes', 'e refused']);
  });

  test('lets the first in line go when one leaves', () => {
    const gate = open();
    enter(gate, 'abcd');
    gate.leave();
    gate.leave();
    expect(told).toEqual(['a goes', 'b goes', 'c goes', 'd goes']);
    enter(gate, 'e');
    expect(told).toHaveLength(4);
    gate.leave();
    expect(told.at(-1)).toBe('e goes');
  });

  test('refuses one that has waited for too long, and no other', () => {
    const gate = open();
    enter(gate, 'abc');
    vi.advanceTimersByTime(600);
    enter(gate, 'd');
    vi.advanceTimersByTime(600);
    expect(told).toEqual(['a goes', 'b goes', 'c refused']);
    gate.leave();
    expect(told.at(-1)).toBe('d goes');
    vi.advanceTimersByTime(5000);
    expect(told).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('forgets one that has gone away, and its place in the line is free', () => {
    const gate = open();
    const [, , c] = enter(gate, 'abcd');
    if (c !== undefined) gate.cancel(c);
    enter(gate, 'ef');
    expect(told).toEqual(['a goes', 'b goes', 'f refused']);
    gate.leave();
    gate.leave();
    expect(told.slice(3)).toEqual(['d goes', 'e goes']);
    vi.advanceTimersByTime(5000);
    expect(told).toHaveLength(5);
  });
});

test('without a line, whoever cannot go is refused at once', () => {
  const gate = createGate({ connections: 1, queue: 0, wait: 1000 });
  gate.enter(turn('a'));
  gate.enter(turn('b'));
  expect(told).toEqual(['a goes', 'b refused']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a place whose client has gone while its connection is made is free at once, but only so many', () => {
  const gate = createGate({ connections: 1, queue: 2, wait: 1000 });
  gate.enter(turn('a'));
  gate.enter(turn('b'));
  expect(gate.abandon()).toBe(true);
  expect(told).toEqual(['a goes', 'b goes']);
  gate.enter(turn('c'));
  expect(gate.abandon()).toBe(false);
  expect(told).toHaveLength(2);
  gate.settle();
  expect(gate.abandon()).toBe(true);
  expect(told.at(-1)).toBe('c goes');
});
