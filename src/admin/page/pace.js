/** Limits how often something runs. */

/**
 * Runs once calls rest for `ms`. A later call replaces an earlier one: its signal says so.
 *
 * @param {(signal: AbortSignal) => Promise<void>} run
 * @param {number} ms
 */
export function debounced(run, ms) {
  let latest = new AbortController();
  return () => {
    latest.abort();
    latest = new AbortController();
    const { signal } = latest;
    setTimeout(() => {
      if (!signal.aborted) run(signal).catch((error) => signal.aborted || reportError(error));
    }, ms);
  };
}

/**
 * Runs at most once in `ms`, at the end of them, however often it is called.
 *
 * @param {() => void} run
 * @param {number} ms
 */
export function seldom(run, ms) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      run();
    }, ms);
  };
}
