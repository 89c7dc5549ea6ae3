/** Milliseconds between two log lines of one kind that clients can provoke. */
const SELDOM = 60_000;

/** Limits the rate of calls, so that clients cannot fill the log. */
export function seldom<A extends readonly unknown[]>(call: (...given: A) => void): (...given: A) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...given) => {
    const now = performance.now();
    if (now - last < SELDOM) return;
    last = now;
    call(...given);
  };
}
