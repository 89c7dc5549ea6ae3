import type { Observe, RequestEvent } from '../../edge/observe.ts';
import type { Closed } from '../server/crowd.ts';
import { addDuration, addSeries, createSeries, methodOf, type Series } from './series.ts';

/**
 * Most label sets. Clients cannot add any but by methods; a bucket can by its statuses, the operator and the store by new
 * buckets. The text has fewer (bounded.ts).
 */
const SERIES_MOST = 10_000;

export interface CountsTaken {
  readonly series: readonly Series[];
  /** Client connections closed at their bound. */
  readonly closed: readonly (readonly [Closed, number])[];
  /** Dropped log lines. */
  readonly linesDropped: number;
}

export interface Counts {
  readonly observe: Observe;
  /** Counts a client connection closed at the bound. */
  readonly countClosed: (closed: Closed) => void;
  /** Adds the counts of another process. */
  add(taken: CountsTaken): void;
  read(): CountsTaken;
  /** Returns the counts and resets them; null if nothing was counted. */
  take(): CountsTaken | null;
}

export interface CountsOptions {
  /** Most label sets. */
  readonly most?: number;
  /** Returns the log lines that this process has dropped so far. */
  readonly linesDropped?: () => number;
}

/** Counts requests by labels. It runs for every request, so it creates no text before the counts are read. */
export function createCounts({ most = SERIES_MOST, linesDropped = () => 0 }: CountsOptions = {}): Counts {
  let series = createSeries(most);
  let closed = new Map<Closed, number>();
  let linesTaken = 0;
  let linesElsewhere = 0;

  const read = (): CountsTaken => ({
    series: series.all(),
    closed: [...closed],
    linesDropped: linesDropped() - linesTaken + linesElsewhere,
  });

  const countClosed = (which: Closed, more = 1): void => {
    closed.set(which, (closed.get(which) ?? 0) + more);
  };

  return {
    observe(event: RequestEvent): void {
      const found = series.of(labelsOf(event));
      addDuration(found.client, event.totalMs);
      if (found.bucketAnswer !== null && event.bucketMs !== null)
        addDuration(found.bucketAnswer, event.bucketMs);
      found.received += event.received;
      found.sent += event.sent;
    },
    countClosed: (which) => countClosed(which),
    add(taken): void {
      for (const more of taken.series) addSeries(series.of(more), more);
      for (const [which, more] of taken.closed) countClosed(which, more);
      linesElsewhere += taken.linesDropped;
    },
    read,
    take(): CountsTaken | null {
      const taken = read();
      if (taken.series.length === 0 && closed.size === 0 && taken.linesDropped === 0) return null;
      linesTaken = linesDropped();
      linesElsewhere = 0;
      series = createSeries(most);
      closed = new Map();
      return taken;
    },
  };
}

const labelsOf = (event: RequestEvent) => ({
  bucket: event.label ?? '',
  kind: event.kind ?? '',
  reason: event.decision ?? '',
  method: methodOf(event.method),
  status: event.status,
  code: event.code ?? '',
  secure: event.secure,
  server: event.bucketMs === null ? '' : (event.server ?? ''),
  bucketStatus: event.bucketStatus,
});
