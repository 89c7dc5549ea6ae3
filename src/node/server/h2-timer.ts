/** Bytes that are buffered in each direction of a stream before one side waits for the other. */
export const BUFFER = 64 * 1024;

/** Limits one wait for a client at a time. */
export interface WaitTimer {
  /** Starts the timer, or restarts it. */
  start(): void;
  stop(): void;
}

/** `onLate` is called when a wait takes `limit` milliseconds. */
export function waitTimer(limit: number, onLate: () => void): WaitTimer {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      timer = timer?.refresh() ?? setTimeout(onLate, limit);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
