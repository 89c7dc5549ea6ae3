import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createGate, type GateLimits, type Permit, type Turn } from '../../../src/node/transport/gate.ts';

const happened: string[] = [];
/** Turns by name, with their permits. The first letter of a name is the client: `a1` and `a2` have one client. */
const turns = new Map<string, Turn & { bytes: number; isWaiting: boolean; permit?: Permit }>();

function turn(name: string): Turn {
  const made = {
    client: name.charAt(0),
    bytes: 0,
    isWaiting: false,
    go: () => void happened.push(`${name} goes`),
    refuse: () => void happened.push(`${name} refused`),
    moved: () => made.bytes,
    waits: () => made.isWaiting,
    end: () => void happened.push(`${name} ended`),
  };
  turns.set(name, made);
  return made;
}

const find = (name: string) => {
  const found = turns.get(name);
  if (found === undefined) throw new Error(`no turn ${name}`);
  return found;
};

/** A gate whose requests have names. */
function open(limits: Partial<GateLimits>, onEnd?: (client: string, passing: number) => void) {
  const gate = createGate({ connections: 2, queue: 2, wait: 1000, ...limits }, onEnd);
  return {
    request: (...names: string[]) => {
      for (const name of names) {
        const permit = gate.permit(turn(name));
        find(name).permit = permit;
        permit.request();
      }
    },
    release: (...names: string[]) => {
      for (const name of names) find(name).permit?.release();
    },
    abandon: (name: string) => find(name).permit?.abandon(),
  };
}

beforeEach(() => {
  happened.length = 0;
  turns.clear();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

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
