import { neverBack } from '../rules/clock.ts';

/**
 * Milliseconds to measure by. Workers have no monotonic clock: `performance.now` is the wall clock too, and dearer. Both
 * stand still while nothing is read or written.
 */
export const now = neverBack(() => Date.now());
