/**
 * Calls `late` once, after so many milliseconds and one more turn of the event loop: after a stall of the process a
 * timer fires before the answer that has arrived meanwhile is read. Returns a function that prevents the call.
 */
export function startLimit(milliseconds: number, late: () => void): () => void {
  let timer = setTimeout(() => {
    // Timers of the next turn run after its I/O.
    timer = setTimeout(late, 0);
  }, milliseconds);
  return () => clearTimeout(timer);
}

/**
 * Waits for `work`, at most so many milliseconds. After that, resolves with the result of `late`, or rejects if there
 * is no `late`. The work itself is not cancelled. An answer that arrives during a stall of the process is in time.
 */
export async function within<T>(milliseconds: number, work: Promise<T>, late?: () => T): Promise<T> {
  const { promise: limit, resolve, reject } = Promise.withResolvers<T>();
  const stop = startLimit(milliseconds, () => {
    if (late === undefined) reject(new Error(`no answer within ${milliseconds} ms`));
    else resolve(late());
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    stop();
  }
}
