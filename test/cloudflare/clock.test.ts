import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { now } from '../../src/cloudflare/clock.ts';

// workerd itself does not start under Debian's faketime, so its wall clock is set here.
const START = 1_800_000_000_000;
const HOURS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

test('a wall clock that is set back 8 hours does not stop the clock for durations', () => {
  const before = now();
  vi.setSystemTime(START - 8 * HOURS);
  expect(now()).toBe(before);
  vi.setSystemTime(START - 8 * HOURS + 1_000);
  expect(now()).toBe(before + 1_000);
});

test('a wall clock that is set ahead counts as elapsed time', () => {
  const before = now();
  vi.setSystemTime(START + 8 * HOURS);
  expect(now()).toBe(before + 8 * HOURS);
});
