const TIMEOUT_MS = 10_000;
const PAUSE_MS = 10;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** Polls `isTrue` until it returns true. Throws after `timeoutMs` milliseconds. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await pause()) if (await isTrue()) return;
  throw new Error(`not within ${timeoutMs / 1000} seconds: ${what}`);
}

/** Waits until a number is the same in thirty polls, and returns it. */
export async function standstill(count: () => number): Promise<number> {
  let same = 0;
  let last = -1;
  await until('a number stops changing', () => {
    same = count() === last ? same + 1 : 0;
    last = count();
    return same === 30;
  });
  return last;
}
