import { lateness } from '../server/fair-share.ts';

/** A transfer whose pace can be seen. */
export interface Paced {
  /** Bytes of bodies so far, in both directions. */
  moved(): number;
  /** Whether the edge waits for the client at this moment: for the next piece of its upload, or for it to read. */
  waits(): boolean;
}

export interface Paces<T> {
  /** Looks at transfers again and again, while there are any. */
  watch(): void;
  /** The transfers that are later than allowed, the latest first. */
  late(): readonly T[];
}

export interface PaceLimits {
  /** Bytes per second. */
  readonly leastRate: number;
  /** Seconds that a transfer may be late. */
  readonly grace: number;
  /** Milliseconds between two looks. */
  readonly look: number;
}

/** Follows how late the transfers are that `transfers` gives at each look. Calls `looked` after each. */
export function createPaces<T extends Paced>(
  { leastRate, grace, look }: PaceLimits,
  transfers: () => readonly T[],
  looked: () => void,
): Paces<T> {
  let seen = new Map<T, { readonly moved: number; readonly late: number }>();
  let looking: NodeJS.Timeout | undefined;
  let last = 0;

  function lookNow(): void {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    const before = seen;
    seen = new Map();
    for (const transfer of transfers()) {
      const moved = transfer.moved();
      const known = before.get(transfer);
      const bytes = moved - (known?.moved ?? moved);
      const late =
        known === undefined
          ? 0
          : lateness(known.late, { seconds, bytes, waits: transfer.waits() }, leastRate);
      seen.set(transfer, { moved, late });
    }
    if (seen.size === 0) {
      clearInterval(looking);
      looking = undefined;
    }
    looked();
  }

  return {
    watch() {
      if (looking !== undefined) return;
      looking = setInterval(lookNow, look).unref();
      last = performance.now();
    },
    late: () =>
      [...seen]
        .filter(([, { late }]) => late >= grace)
        .sort(([, one], [, other]) => other.late - one.late)
        .map(([transfer]) => transfer),
  };
}
