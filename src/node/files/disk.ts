import { startLimit } from '../../rules/within.ts';
import { codeOf } from '../system-error.ts';

/** Milliseconds until a disk that does not answer is given up. */
const LIMIT = 5_000;

/** Most pieces of work in a queue. */
const WAITING_MOST = 20_000;

/**
 * Runs disk work, one piece at a time. After the limit it rejects with the code `ETIMEDOUT` and aborts the work's
 * signal; the state of the files is then unknown.
 */
export type Disk = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Pieces of work of all disks that run within their limit. */
const running = new Set<Promise<unknown>>();
/** Pieces of work that run although their limit has passed. */
let stuck = 0;

/** Whether disk work hangs in this process: nothing can cancel it, and `process.exit` waits for its end. */
export const isDiskStuck = (): boolean => stuck > 0;

/** Whether disk work runs in this process, within its limit or beyond it. */
export const isDiskBusy = (): boolean => stuck > 0 || running.size > 0;

/** Resolves when the work that runs now has ended, or its limit has passed. */
export async function disksIdle(): Promise<void> {
  await Promise.allSettled(running);
}

/**
 * Opens a queue for one disk. Work that hangs occupies one of libuv's threads, which `dns.lookup` needs too. So one
 * piece runs at a time, and while it hangs all others fail at once. `bin/threads.js` counts the queues.
 */
export function openDisk(limit = LIMIT): Disk {
  const waiting: { readonly begin: () => void; readonly reject: (reason: Error) => void }[] = [];
  let isRunning = false;
  let hangs = false;

  const timedOut = (): Error =>
    Object.assign(new Error(`no answer within ${limit / 1000} seconds`), { code: 'ETIMEDOUT' });

  return <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const begin = async (): Promise<void> => {
      isRunning = true;
      running.add(promise);
      const timeUp = new AbortController();
      const stop = startLimit(limit, () => {
        hangs = true;
        stuck += 1;
        running.delete(promise);
        timeUp.abort();
        reject(timedOut());
        for (const other of waiting.splice(0)) other.reject(timedOut());
      });
      try {
        resolve(await work(timeUp.signal));
      } catch (error) {
        reject(error);
      }
      stop();
      running.delete(promise);
      if (timeUp.signal.aborted) {
        hangs = false;
        stuck -= 1;
      }
      isRunning = false;
      waiting.shift()?.begin();
    };
    if (hangs || waiting.length >= WAITING_MOST) reject(timedOut());
    else if (isRunning) waiting.push({ begin: () => void begin(), reject });
    else void begin();
    return promise;
  };
}

/** The queue for the small files that options name: documents, keys, certificates. */
export const files = openDisk();

export const isSilent = (error: unknown): boolean => codeOf(error) === 'ETIMEDOUT';
