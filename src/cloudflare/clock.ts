import { neverBack } from '../rules/clock.ts';

/**
 * Milliseconds for durations. Workers have no monotonic clock: `performance.now` is the wall clock too, and costs more.
 * Both advance only with I/O.
 */
export const now = neverBack(() => Date.now());
