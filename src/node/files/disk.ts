import { codeOf } from '../system-error.ts';

/** Milliseconds until a disk that does not answer is done without. */
const LIMIT = 5_000;

/** Pieces of work that may wait for their turn. */
const WAITING_MOST = 20_000;

/**
 * Does disk work, one piece after the other. Work whose time is up is rejected with the code `ETIMEDOUT`, and its
 * signal is aborted: nothing is known of the files that it was about.
 */
export type Disk = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Pieces of work that have not ended though their time was up. */
let stuck = 0;

/** Whether disk work hangs in this process: nothing can call it back, and `process.exit` waits for its end. */
export const isDiskStuck = (): boolean => stuck > 0;

/**
 * Opens a way to one disk. Work that hangs costs one of libuv's four threads, which look up names too. So one piece
 * runs at a time, and while it hangs all others fail at once.
 */
export function openDisk(limit = LIMIT): Disk {
  const waiting: { readonly begin: () => void; readonly reject: (reason: Error) => void }[] = [];
  let running = false;
  let hangs = false;

  const silent = (): Error =>
    Object.assign(new Error(`no answer within ${limit / 1000} seconds`), { code: 'ETIMEDOUT' });

  return <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const begin = async (): Promise<void> => {
      running = true;
      const timeUp = new AbortController();
      const timer = setTimeout(() => {
        hangs = true;
        stuck += 1;
        timeUp.abort();
        reject(silent());
        for (const other of waiting.splice(0)) other.reject(silent());
      }, limit);
      try {
        resolve(await work(timeUp.signal));
      } catch (error) {
        reject(error);
      }
      clearTimeout(timer);
      if (timeUp.signal.aborted) {
        hangs = false;
        stuck -= 1;
      }
      running = false;
      waiting.shift()?.begin();
    };
    if (hangs || waiting.length >= WAITING_MOST) reject(silent());
    else if (running) waiting.push({ begin: () => void begin(), reject });
    else void begin();
    return promise;
  };
}

/** The way to the small files that options name: documents, keys, certificates. */
export const files = openDisk();

export const isSilent = (error: unknown): boolean => codeOf(error) === 'ETIMEDOUT';
