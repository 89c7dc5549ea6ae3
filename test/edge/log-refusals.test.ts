import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { refusalLog } from '../../src/edge/log/refusals.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import { EVENT } from '../helpers/event.ts';

/** The monotonic clock has fractions of a millisecond. */
const MINUTE = 60_010;
const REFUSED: RequestEvent = {
  ...EVENT,
  kind: 'preflight',
  decision: 'origin_not_allowed',
  asked: { method: 'PUT', headers: null },
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

function open(isTimed = true) {
  const lines: { msg: string; count?: number; origin?: string }[] = [];
  const log = { warn: (fields: object, msg: string) => void lines.push({ ...fields, msg }) };
  const later = (milliseconds: number, run: () => void) => void setTimeout(run, milliseconds);
  const refusals = refusalLog(log, isTimed ? later : undefined);
  const note = (origin = 'https://a.example', about: Partial<RequestEvent> = {}) =>
    refusals.note({ ...REFUSED, origin, ...about }, 'refused', () => 'because');
  return { lines, note, refusals };
}

describe('refusals of one origin for one reason', () => {
  test('are a line at once, and a line after each minute with the number that followed', () => {
    const { lines, note } = open();
    note();
    const about = {
      bucket: 'b',
      origin: 'https://a.example',
      kind: 'preflight',
      decision: 'origin_not_allowed',
    };
    const first = { ...about, asked: { method: 'PUT', headers: null }, because: 'because' };
    expect(lines).toEqual([{ ...first, msg: 'refused by the rules' }]);
    for (let at = 0; at < 7; at += 1) note();
    vi.advanceTimersByTime(MINUTE - 20);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(20);
    expect(lines.slice(1)).toEqual([{ ...about, count: 7, msg: 'refused by the rules again' }]);
    note();
    vi.advanceTimersByTime(MINUTE);
    expect(lines.slice(2)).toEqual([{ ...about, count: 1, msg: 'refused by the rules again' }]);
    // A minute without one: the next is the first again.
    vi.advanceTimersByTime(MINUTE);
    note();
    expect(lines.slice(3)).toMatchObject([{ msg: 'refused by the rules' }]);
  });

  test('are counted apart from those of another bucket, origin or reason', () => {
    const { lines, note } = open();
    for (let at = 0; at < 2; at += 1) {
      note();
      note('https://b.example');
      note('https://a.example', { bucket: 'c' });
      note('https://a.example', { decision: 'method_not_allowed' });
    }
    expect(lines).toHaveLength(4);
    vi.advanceTimersByTime(MINUTE);
    expect(lines.slice(4).map(({ count }) => count)).toEqual([1, 1, 1, 1]);
  });

  test('are a line a minute, however they come', () => {
    const { lines, note } = open();
    for (let at = 0; at < 1_010; at += 1) {
      note();
      vi.advanceTimersByTime(360);
    }
    // The first, and one after each of six minutes.
    expect(lines).toHaveLength(7);
    expect(lines.reduce((sum, { count = 1 }) => sum + count, 0)).toBeGreaterThan(1_000 - 10);
  });

  test('leave no timer behind', () => {
    const { note } = open();
    note();
    vi.advanceTimersByTime(MINUTE);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('without a timer are counted until another one comes', () => {
    const { lines, note } = open(false);
    for (let at = 0; at < 3; at += 1) note();
    vi.advanceTimersByTime(3 * MINUTE);
    expect(lines).toHaveLength(1);
    note('https://b.example');
    expect(lines.slice(1)).toMatchObject([{ count: 2 }, { origin: 'https://b.example' }]);
  });

  test('are logged at the end', () => {
    const { lines, note, refusals } = open();
    for (let at = 0; at < 3; at += 1) note();
    refusals.flush();
    refusals.flush();
    expect(lines.slice(1)).toMatchObject([{ count: 2 }]);
  });
});

test('refusals of more than a hundred origins are one line a minute', () => {
  const { lines, note } = open();
  for (let at = 0; at < 5_000; at += 1) note(`https://${at}.example`);
  expect(lines).toHaveLength(100);
  vi.advanceTimersByTime(MINUTE);
  expect(lines.slice(100)).toEqual([{ count: 4_900, msg: 'refused by the rules: more origins' }]);
  note('https://4999.example');
  expect(lines[101]).toMatchObject({ msg: 'refused by the rules', origin: 'https://4999.example' });
});

test('a request that the page loses has lines of its own', () => {
  const { lines, refusals } = open();
  for (let at = 0; at < 2; at += 1) refusals.note(EVENT, 'lost', () => 'because');
  refusals.flush();
  expect(lines.map(({ msg }) => msg)).toEqual(['lost by the page', 'lost by the page again']);
});
