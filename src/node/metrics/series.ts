/** Upper bounds of the histogram of durations, in seconds; a last class counts longer ones. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The counts of one kind of request at one bucket: plain data that can be sent to another process. */
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

/** Replaces every label of a label set beyond the bound. */
const OTHER = 'other';

type Requests = KindCounts['requests'][number];

/** The counts of a kind, and an index of its `requests`. */
interface Kind extends KindCounts {
  readonly index: Map<string, Map<string | number, Map<string, Requests>>>;
}

/** Counts by label sets, of which there are at most `most` and a few for all others. */
export function createSeries(most: number) {
  const kinds = new Map<string, Map<string, Kind>>();
  const bytes = new Map<string, BucketBytes>();
  let size = 0;

  const isFull = (): boolean => size >= most;

  function kindOf(bucket: string, kind: string): Kind {
    const found = kinds.get(bucket)?.get(kind);
    if (found !== undefined) return found;
    if (isFull() && bucket !== OTHER) return kindOf(OTHER, OTHER);
    size += 1;
    const added: Kind = {
      bucket,
      kind,
      classes: Array.from({ length: SECONDS.length + 1 }, () => 0),
      seconds: 0,
      requests: [],
      index: new Map(),
    };
    if (!kinds.has(bucket)) kinds.set(bucket, new Map());
    kinds.get(bucket)?.set(kind, added);
    return added;
  }

  function count(kind: Kind, reason: string, status: string | number, code: string, more: number): void {
    const found = kind.index.get(reason)?.get(status)?.get(code);
    if (found !== undefined) {
      found[3] += more;
      return;
    }
    if (isFull() && reason !== OTHER) {
      count(kind, OTHER, OTHER, OTHER, more);
      return;
    }
    size += 1;
    const added: Requests = [reason, status, code, more];
    kind.requests.push(added);
    const statuses = kind.index.get(reason) ?? new Map();
    const codes = statuses.get(status) ?? new Map();
    kind.index.set(reason, statuses.set(status, codes.set(code, added)));
  }

  function bytesOf(bucket: string): BucketBytes {
    const found = bytes.get(bucket);
    if (found !== undefined) return found;
    if (isFull() && bucket !== OTHER) return bytesOf(OTHER);
    size += 1;
    const added = { bucket, received: 0, sent: 0 };
    bytes.set(bucket, added);
    return added;
  }

  return {
    kindOf,
    count,
    addBytes(bucket: string, received: number, sent: number): void {
      if (received === 0 && sent === 0) return;
      const found = bytesOf(bucket);
      found.received += received;
      found.sent += sent;
    },
    isEmpty: (): boolean => size === 0,
    kinds: (): KindCounts[] =>
      [...kinds.values()].flatMap((byKind) => [...byKind.values()].map(({ index: _, ...plain }) => plain)),
    bytes: (): BucketBytes[] => [...bytes.values()],
  };
}

/** The index of a duration's class. A linear search, since most requests are in one of the first. */
export function classOf(seconds: number): number {
  let at = 0;
  while (at < SECONDS.length && seconds > (SECONDS[at] ?? 0)) at += 1;
  return at;
}
