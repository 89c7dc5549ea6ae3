import { describe, expect, test, vi } from 'vitest';
import { createGate } from '../../../src/node/transport/gate.ts';
import { happened, open, turn, useTurns } from './_gate.ts';

useTurns();

describe('a gate for two requests at once and two that wait', () => {
  test('lets two go and two wait, and refuses the fifth', () => {
    open({}).request('a1', 'a2', 'a3', 'a4', 'a5');
    expect(happened).toEqual(['a1 goes', 'a2 goes', 'a5 refused']);
  });

  test('lets the first that waits go when one leaves', () => {
    const gate = open({});
    gate.request('a1', 'a2', 'a3', 'a4');
    gate.release('a1', 'a2');
    expect(happened).toEqual(['a1 goes', 'a2 goes', 'a3 goes', 'a4 goes']);
    gate.request('a5');
    expect(happened).toHaveLength(4);
    gate.release('a3');
    expect(happened.at(-1)).toBe('a5 goes');
  });

  test('refuses one that has waited for too long, and no other', () => {
    const gate = open({});
    gate.request('a1', 'a2', 'a3');
    vi.advanceTimersByTime(600);
    gate.request('a4');
    vi.advanceTimersByTime(600);
    expect(happened).toEqual(['a1 goes', 'a2 goes', 'a3 refused']);
    gate.release('a1');
    expect(happened.at(-1)).toBe('a4 goes');
    vi.advanceTimersByTime(5000);
    expect(happened).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lets one go whose wait ends together with a stall of the process, in which a place becomes free', () => {
    const gate = open({});
    gate.request('a1', 'a2', 'a3');
    vi.advanceTimersByTime(1000);
    gate.release('a1');
    vi.advanceTimersByTime(1000);
    expect(happened).toEqual(['a1 goes', 'a2 goes', 'a3 goes']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('forgets one that has gone away, and its place in the queue is free', () => {
    const gate = open({});
    gate.request('a1', 'a2', 'a3', 'a4');
    gate.release('a3');
    gate.request('a5', 'a6');
    expect(happened).toEqual(['a1 goes', 'a2 goes', 'a6 refused']);
    gate.release('a1', 'a2');
    expect(happened.slice(3)).toEqual(['a4 goes', 'a5 goes']);
    vi.advanceTimersByTime(5000);
    expect(happened).toHaveLength(5);
  });
});

test('without a queue a request that cannot go is refused at once', () => {
  open({ connections: 1, queue: 0 }).request('a1', 'b1');
  expect(happened).toEqual(['a1 goes', 'b1 refused']);
  expect(vi.getTimerCount()).toBe(0);
});

describe('a place whose client leaves while the connection is made', () => {
  test('is free at once, for as many attempts as there are connections', () => {
    const gate = open({ connections: 1 });
    gate.request('a1', 'b1');
    gate.abandon('a1');
    expect(happened).toEqual(['a1 goes', 'b1 goes']);
    gate.request('c1');
    gate.abandon('b1');
    expect(happened).toHaveLength(2);
    gate.release('a1');
    gate.abandon('b1');
    expect(happened.at(-1)).toBe('c1 goes');
  });

  test('is free once its attempt ends if there were too many attempts', () => {
    const gate = open({ connections: 1 });
    gate.request('a1', 'b1', 'c1');
    gate.abandon('a1');
    gate.abandon('b1');
    expect(happened).toEqual(['a1 goes', 'b1 goes']);
    gate.release('b1');
    expect(happened.at(-1)).toBe('c1 goes');
  });
});

describe('a permit', () => {
  test.each([
    ['granted', ['a1'], ['a1 goes']],
    ['refused', ['b1', 'a1'], ['b1 goes', 'a1 refused']],
  ])('that was %s frees one place at most, however often it is released', (_, names, expected) => {
    const gate = open({ connections: 1, queue: 0 });
    gate.request(...names);
    expect(happened).toEqual(expected);
    gate.release('a1', 'a1', 'a1');
    gate.release(...names);
    gate.request('c1', 'd1');
    expect(happened.slice(expected.length)).toEqual(['c1 goes', 'd1 refused']);
  });

  test('that was abandoned and released frees one place only', () => {
    const gate = open({ connections: 1, queue: 1 });
    gate.request('a1');
    gate.abandon('a1');
    gate.release('a1', 'a1');
    gate.abandon('a1');
    gate.request('b1', 'c1', 'd1');
    expect(happened.slice(1)).toEqual(['b1 goes', 'd1 refused']);
  });

  test('may be released before it was requested', () => {
    const gate = createGate({ connections: 1, queue: 0, wait: 1000 });
    gate.permit(turn('a1')).release();
    gate.permit(turn('b1')).request();
    expect(happened).toEqual(['b1 goes']);
  });
});

describe('requests of several clients that wait', () => {
  test('go by turns: the next is of the client with the fewest under way', () => {
    const gate = open({ connections: 3, queue: 10 });
    gate.request('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
    gate.release('a1', 'a2', 'a3');
    expect(happened.slice(3)).toEqual(['b1 goes', 'c1 goes', 'a4 goes']);
  });

  test('go by turns where one request is under way at a time', () => {
    const gate = open({ connections: 1, queue: 10 });
    gate.request('a1', 'a2', 'a3', 'a4', 'b1', 'b2');
    gate.release('a1', 'a2', 'b1', 'a3', 'b2');
    expect(happened.slice(1)).toEqual(['a2 goes', 'b1 goes', 'a3 goes', 'b2 goes', 'a4 goes']);
  });

  test('share a full queue: the newest of the client with the most makes room for another client', () => {
    const gate = open({ connections: 1, queue: 4 });
    gate.request('a0', 'a1', 'a2', 'a3', 'a4', 'b1', 'b2');
    expect(happened).toEqual(['a0 goes', 'a4 refused', 'a3 refused']);
    // Each has two now: the third of either would take one from an equal.
    gate.request('b3', 'a5', 'c1');
    expect(happened.slice(3)).toEqual(['b3 refused', 'a5 refused', 'a2 refused']);
  });
});
