import { describe, expect, test, vi } from 'vitest';
import { createGate } from '../../../src/node/transport/gate.ts';
import { find, happened, open, turn, useTurns } from './_gate.ts';

useTurns();

/** A transfer that its client doesn't go on with. */
const stall = (...names: string[]) => {
  for (const name of names) find(name).isWaiting = true;
};

describe('a client beyond its share, which is two of four', () => {
  const LIMITS = {
    connections: 4,
    queue: 10,
    wait: 10_000,
    share: 50,
    leastRate: 100,
    grace: 5,
    interval: 1_000,
  };
  const ended = () => happened.filter((line) => line.endsWith('ended'));

  test('loses no transfer while nothing waits, however slow it is', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(3_600_000);
    expect(ended()).toEqual([]);
  });

  test('loses no transfer to requests of its own that wait', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'a5');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(9_000);
    expect(ended()).toEqual([]);
  });

  test('loses its slowest transfer at once to a request of another, and one for each that waits', () => {
    const ends: unknown[] = [];
    const gate = open(LIMITS, (...given) => ends.push(given));
    gate.request('a1', 'a2', 'a3', 'a4');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(3_000);
    find('a1').bytes += 200;
    vi.advanceTimersByTime(6_000);
    gate.request('b1');
    expect(ended()).toEqual(['a2 ended']);
    expect(ends).toEqual([['a', 4]]);
    gate.release('a2');
    expect(happened.at(-1)).toBe('b1 goes');
    gate.request('c1');
    expect(ended()).toEqual(['a2 ended', 'a3 ended']);
  });

  test('loses no more than what is beyond its share', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(9_000);
    gate.request('b1', 'c1', 'd1', 'e1');
    expect(ended()).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(ended()).toHaveLength(2);
  });

  test('loses no transfer to a client that is at its share itself', () => {
    const gate = open({ ...LIMITS, connections: 6, share: 33.4 });
    gate.request('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(9_000);
    expect(ended()).toEqual([]);
  });

  test('loses a transfer only after the grace', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'b1');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(5_000);
    expect(ended()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(ended()).toEqual(['a1 ended']);
  });

  test('loses no transfer that moves at the least rate', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'b1');
    stall('a1', 'a2', 'a3', 'a4');
    for (let second = 0; second < 9; second += 1) {
      for (const name of ['a1', 'a2', 'a3', 'a4']) find(name).bytes += 100;
      vi.advanceTimersByTime(1_000);
    }
    expect(ended()).toEqual([]);
  });

  test('loses no transfer because the process stalls for longer than the grace', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'b1');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(1_000);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    vi.advanceTimersByTime(1_000);
    clock.mockRestore();
    expect(ended()).toEqual([]);
  });

  test('loses no transfer that waits for its bucket', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'b1');
    vi.advanceTimersByTime(9_000);
    expect(ended()).toEqual([]);
  });

  test('loses a transfer that stalls after a fast beginning just as soon', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2', 'a3', 'a4', 'b1');
    for (const name of ['a1', 'a2', 'a3', 'a4']) find(name).bytes = 1_000_000;
    vi.advanceTimersByTime(1_000);
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(5_000);
    expect(ended()).toEqual(['a1 ended']);
  });

  test.each([
    ['the share is 0', { share: 0 }],
    ['the least rate is 0', { leastRate: 0 }],
  ])('loses nothing where %s', (_, off) => {
    const gate = open({ ...LIMITS, ...off });
    gate.request('a1', 'a2', 'a3', 'a4');
    expect(vi.getTimerCount()).toBe(0);
    gate.request('b1');
    stall('a1', 'a2', 'a3', 'a4');
    vi.advanceTimersByTime(9_000);
    expect(ended()).toEqual([]);
  });

  test('loses the only place there is', () => {
    const gate = open({ ...LIMITS, connections: 1 });
    gate.request('a1', 'b1');
    stall('a1');
    vi.advanceTimersByTime(7_000);
    expect(ended()).toEqual(['a1 ended']);
  });

  test('costs no timer once it is within its share', () => {
    const gate = open(LIMITS);
    gate.request('a1', 'a2');
    expect(vi.getTimerCount()).toBe(0);
    gate.request('a3');
    expect(vi.getTimerCount()).toBe(1);
    gate.release('a3');
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('requests whose client is not known are never ended for others', () => {
  const gate = createGate({ connections: 2, queue: 2, wait: 10_000, share: 25, leastRate: 100 });
  const unknown = ['a1', 'a2'].map((name) => ({ ...turn(name), client: '', waits: () => true }));
  for (const one of unknown) gate.permit(one).request();
  gate.permit(turn('b1')).request();
  vi.advanceTimersByTime(9_000);
  expect(happened).toEqual(['a1 goes', 'a2 goes']);
});
