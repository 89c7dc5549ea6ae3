import type { Observe, RequestEvent } from '../../edge/observe.ts';
import type { Closed } from '../server/crowd.ts';
import { type BucketBytes, classOf, createSeries, type KindCounts } from './series.ts';

/** Most label sets. Clients cannot add any; a bucket can by its statuses, the operator and the store by new buckets. */
const SERIES_MOST = 100_000;

export interface CountsTaken {
  readonly kinds: readonly KindCounts[];
  readonly bytes: readonly BucketBytes[];
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
    kinds: series.kinds(),
    bytes: series.bytes(),
    closed: [...closed],
    linesDropped: linesDropped() - linesTaken + linesElsewhere,
  });

  const countClosed = (which: Closed, more = 1): void => {
    closed.set(which, (closed.get(which) ?? 0) + more);
  };

  return {
    observe({ label, kind, decision, status, code, totalMs, received, sent }: RequestEvent): void {
      const name = label ?? '';
      const found = series.kindOf(name, kind ?? '');
      series.count(found, decision ?? '', status ?? '', code ?? '', 1);
      const seconds = totalMs / 1000;
      const at = classOf(seconds);
      found.classes[at] = (found.classes[at] ?? 0) + 1;
      found.seconds += seconds;
      series.addBytes(name, received, sent);
    },
    countClosed: (which) => countClosed(which),
    add(taken): void {
      for (const { bucket, kind, classes, seconds, requests } of taken.kinds) {
        const found = series.kindOf(bucket, kind);
        for (const [at, more] of classes.entries()) found.classes[at] = (found.classes[at] ?? 0) + more;
        found.seconds += seconds;
        for (const [reason, status, code, more] of requests) series.count(found, reason, status, code, more);
      }
      for (const { bucket, received, sent } of taken.bytes) series.addBytes(bucket, received, sent);
      for (const [which, more] of taken.closed) countClosed(which, more);
      linesElsewhere += taken.linesDropped;
    },
    read,
    take(): CountsTaken | null {
      const taken = read();
      if (series.isEmpty() && closed.size === 0 && taken.linesDropped === 0) return null;
      linesTaken = linesDropped();
      linesElsewhere = 0;
      series = createSeries(most);
      closed = new Map();
      return taken;
    },
  };
}
