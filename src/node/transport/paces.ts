import { lateness } from '../server/fair-share.ts';

/** A transfer whose pace can be measured. */
export interface Paced {
  /** Bytes of bodies so far, in both directions. */
  moved(): number;
  /** Whether the edge waits for the client now: for the next part of its upload, or for it to read. */
  waits(): boolean;
}

export interface Paces<T> {
  /** Starts checking transfers; it stops by itself when there are no transfers to check. */
  watch(): void;
  /** The transfers that are later than allowed, the latest first. */
  late(): readonly T[];
}

export interface PaceLimits {
  /** Bytes per second. */
  readonly leastRate: number;
  /** Seconds that a transfer may be late. */
  readonly grace: number;
  /** Milliseconds between two checks. */
  readonly interval: number;
}

/** Measures how late the given transfers are. Asks for `transfers` at each check, and calls `checked` after it. */
export function createPaces<T extends { readonly turn: Paced }>(
  { leastRate, grace, interval }: PaceLimits,
  transfers: () => readonly T[],
  checked: () => void,
): Paces<T> {
  let seen = new Map<T, { readonly moved: number; readonly late: number }>();
  let timer: NodeJS.Timeout | undefined;
  let last = 0;

  function check(): void {
    const now = performance.now();
    // During a stall of the process the edge moves no bytes either: its time is not the client's.
    const seconds = Math.min(now - last, interval) / 1000;
    last = now;
    const before = seen;
    seen = new Map();
    for (const transfer of transfers()) {
      const moved = transfer.turn.moved();
      const known = before.get(transfer);
      const bytes = moved - (known?.moved ?? moved);
      const late =
        known === undefined
          ? 0
          : lateness(known.late, { seconds, bytes, waits: transfer.turn.waits() }, leastRate);
      seen.set(transfer, { moved, late });
    }
    if (seen.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    checked();
  }

  return {
    watch() {
      if (timer !== undefined) return;
      timer = setInterval(check, interval).unref();
      last = performance.now();
    },
    late: () =>
      [...seen]
        .filter(([, { late }]) => late >= grace)
        .sort(([, one], [, other]) => other.late - one.late)
        .map(([transfer]) => transfer),
  };
}
