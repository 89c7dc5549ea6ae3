/** A clock without the backward steps of `clock`. A forward step counts as elapsed time. */
export function neverBack(clock: () => number): () => number {
  let before = Number.NEGATIVE_INFINITY;
  let added = 0;
  return () => {
    const read = clock();
    if (read < before) added += before - read;
    before = read;
    return read + added;
  };
}

/**
 * Milliseconds since an arbitrary moment, to measure durations by: operators and NTP set the wall clock. Workers have no
 * monotonic clock; there `performance.now` follows the wall clock.
 */
export const monotonic = neverBack(() => performance.now());
