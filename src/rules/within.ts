/**
 * Waits for `work`, at most so many milliseconds. After that, resolves with the result of `late`, or rejects if there
 * is no `late`. The work itself is not cancelled.
 */
export async function within<T>(milliseconds: number, work: Promise<T>, late?: () => T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      if (late === undefined) reject(new Error(`no answer within ${milliseconds} ms`));
      else resolve(late());
    }, milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
