/**
 * Takes the steps back out of a clock: the span between two looks is never negative. A step ahead counts as time that
 * has passed.
 */
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
 * Milliseconds since an arbitrary moment: what spans of time are measured by, since people and NTP set the wall clock.
 * Workers have no monotonic clock, and `performance.now` follows the wall clock there.
 */
export const monotonic = neverBack(() => performance.now());
