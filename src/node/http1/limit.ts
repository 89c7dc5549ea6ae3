/** A time limit that starts often: starting it again allocates nothing. */
export interface Limit {
  /** Starts it, or starts it again; 0: no limit. */
  start(milliseconds: number): void;
  stop(): void;
  /** Stops it, and lets go of its timer: call it when no start follows. */
  end(): void;
}

/**
 * Makes a limit, which calls `late` once for each start that is not stopped. After a stall of the process a timer fires
 * before the bytes that have arrived meanwhile are read, so `late` waits for one more turn of the event loop.
 */
export function createLimit(late: () => void): Limit {
  let timer: NodeJS.Timeout | undefined;
  let length = 0;
  let starts = 0;
  let isOn = false;

  function fire(): void {
    if (!isOn) return;
    const start = starts;
    setTimeout(() => {
      if (!isOn || starts !== start) return;
      isOn = false;
      late();
    }, 0);
  }

  return {
    start(milliseconds) {
      starts += 1;
      isOn = milliseconds > 0;
      if (!isOn) return;
      if (timer !== undefined && length === milliseconds) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      length = milliseconds;
      // Only its connection lets the process live on. A stopped timer fires once more, to no effect.
      timer = setTimeout(fire, milliseconds).unref();
    },
    stop() {
      isOn = false;
    },
    end() {
      isOn = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
