import type { Observe, RequestEvent } from '../../edge/observe.ts';
import type { Closed } from '../server/crowd.ts';

/** Upper bounds of the histogram of durations, in seconds; one more class holds what took longer. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Label sets at once. Clients can't add any; a bucket can, with statuses, and a configuration that changes often. */
const SERIES_MOST = 100_000;
/** Stands for every label of what comes beyond. */
const OTHER = 'other';

/** What was counted of one kind of request at one bucket. Plain data, to be sent to another process. */
export interface KindCounts {
  readonly bucket: string;
  readonly kind: string;
  /** Requests per class of duration, and the sum of all durations in seconds. */
  readonly classes: number[];
  seconds: number;
  /** Reason, status, error code, and how many. */
  readonly requests: [string, string | number, string, number][];
}

export interface BucketBytes {
  readonly bucket: string;
  received: number;
  sent: number;
}

export interface CountsTaken {
  readonly kinds: readonly KindCounts[];
  readonly bytes: readonly BucketBytes[];
  /** Connections of clients that were closed at the bound on them. */
  readonly closed: readonly (readonly [Closed, number])[];
  /** Log lines that were dropped. */
  readonly linesDropped: number;
}

export interface Counts {
  readonly observe: Observe;
  /** Counts a connection of a client that was closed at the bound on them. */
  readonly countClosed: (closed: Closed) => void;
  /** Adds what another process has counted. */
  add(taken: CountsTaken): void;
  read(): CountsTaken;
  /** The same, and begins at nothing again; null when there was nothing. */
  take(): CountsTaken | null;
}

export interface CountsOptions {
  /** Label sets at once, at most. */
  readonly most?: number;
  /** How many lines the log of this process has dropped so far. */
  readonly linesDropped?: () => number;
}

/** A label set of requests, and its place in the tree by which it is found. */
interface Kind extends KindCounts {
  readonly tree: Map<string, Map<string | number, Map<string, KindCounts['requests'][number]>>>;
}

/**
 * Counts requests by labels. It runs for every request: what is found in five small maps is added to, and nothing is
 * made of text before somebody reads it.
 */
export function createCounts({ most = SERIES_MOST, linesDropped = () => 0 }: CountsOptions = {}): Counts {
  let kinds = new Map<string, Map<string, Kind>>();
  let bytes = new Map<string, BucketBytes>();
  let closed = new Map<Closed, number>();
  let series = 0;
  let linesTaken = 0;
  let linesElsewhere = 0;

  const room = (): boolean => series < most;

  function kindOf(bucket: string, kind: string): Kind {
    const found = kinds.get(bucket)?.get(kind);
    if (found !== undefined) return found;
    if (!room() && bucket !== OTHER) return kindOf(OTHER, OTHER);
    series += 1;
    const added: Kind = {
      bucket,
      kind,
      classes: Array.from({ length: SECONDS.length + 1 }, () => 0),
      seconds: 0,
      requests: [],
      tree: new Map(),
    };
    if (!kinds.has(bucket)) kinds.set(bucket, new Map());
    kinds.get(bucket)?.set(kind, added);
    return added;
  }

  function count(kind: Kind, reason: string, status: string | number, code: string, more: number): void {
    const found = kind.tree.get(reason)?.get(status)?.get(code);
    if (found !== undefined) {
      found[3] += more;
      return;
    }
    if (!room() && reason !== OTHER) {
      count(kind, OTHER, OTHER, OTHER, more);
      return;
    }
    series += 1;
    const added: KindCounts['requests'][number] = [reason, status, code, more];
    kind.requests.push(added);
    const statuses = kind.tree.get(reason) ?? new Map();
    const codes = statuses.get(status) ?? new Map();
    kind.tree.set(reason, statuses.set(status, codes.set(code, added)));
  }

  function bytesOf(bucket: string): BucketBytes {
    const found = bytes.get(bucket);
    if (found !== undefined) return found;
    if (!room() && bucket !== OTHER) return bytesOf(OTHER);
    series += 1;
    const added = { bucket, received: 0, sent: 0 };
    bytes.set(bucket, added);
    return added;
  }

  function addBytes(bucket: string, received: number, sent: number): void {
    if (received === 0 && sent === 0) return;
    const found = bytesOf(bucket);
    found.received += received;
    found.sent += sent;
  }

  const read = (): CountsTaken => ({
    kinds: [...kinds.values()].flatMap((byKind) =>
      [...byKind.values()].map(({ tree: _, ...plain }) => plain),
    ),
    bytes: [...bytes.values()],
    closed: [...closed],
    linesDropped: linesDropped() - linesTaken + linesElsewhere,
  });

  const countClosed = (which: Closed, more = 1): void => {
    closed.set(which, (closed.get(which) ?? 0) + more);
  };

  return {
    observe({ bucket, kind, decision, status, code, totalMs, received, sent }: RequestEvent): void {
      const name = bucket ?? '';
      const found = kindOf(name, kind ?? '');
      count(found, decision ?? '', status ?? '', code ?? '', 1);
      const seconds = totalMs / 1000;
      const at = classOf(seconds);
      found.classes[at] = (found.classes[at] ?? 0) + 1;
      found.seconds += seconds;
      addBytes(name, received, sent);
    },
    countClosed: (which) => countClosed(which),
    add(taken): void {
      for (const { bucket, kind, classes, seconds, requests } of taken.kinds) {
        const found = kindOf(bucket, kind);
        for (const [at, more] of classes.entries()) found.classes[at] = (found.classes[at] ?? 0) + more;
        found.seconds += seconds;
        for (const [reason, status, code, more] of requests) count(found, reason, status, code, more);
      }
      for (const { bucket, received, sent } of taken.bytes) addBytes(bucket, received, sent);
      for (const [which, more] of taken.closed) countClosed(which, more);
      linesElsewhere += taken.linesDropped;
    },
    read,
    take(): CountsTaken | null {
      const taken = read();
      if (series === 0 && closed.size === 0 && taken.linesDropped === 0) return null;
      linesTaken = linesDropped();
      linesElsewhere = 0;
      kinds = new Map();
      bytes = new Map();
      closed = new Map();
      series = 0;
      return taken;
    },
  };
}

/** Most requests are in one of the first classes, so they are gone through from there. */
function classOf(seconds: number): number {
  let at = 0;
  while (at < SECONDS.length && seconds > (SECONDS[at] ?? 0)) at += 1;
  return at;
}
