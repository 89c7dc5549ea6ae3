import type { Underway } from '../../bucket/transport.ts';
import { OTHER } from './series.ts';

/** Requests under way to the buckets of one label. */
export interface BucketUnderway extends Readonly<Underway> {
  readonly bucket: string;
}

/** Requests under way, of this process and of worker processes. */
export interface UnderwayCounts {
  /** The count of a label in this process; the edge changes it. */
  readonly of: (bucket: string) => Underway;
  /** Takes what another process has under way now. */
  replace(process: object, now: readonly BucketUnderway[]): void;
  /** The other process has exited: it has nothing under way. */
  remove(process: object): void;
  /** Of all processes together; the labels with a request under way, and those that had one here. */
  read(): readonly BucketUnderway[];
}

/** Most labels. */
const MOST = 10_000;

/** `most`: labels that are counted apart; all others are counted as `other`. */
export function createUnderway(most = MOST): UnderwayCounts {
  const own = new Map<string, Underway>();
  const elsewhere = new Map<object, readonly BucketUnderway[]>();

  function of(bucket: string): Underway {
    const found = own.get(bucket);
    if (found !== undefined) return found;
    if (own.size >= most && bucket !== OTHER) return of(OTHER);
    const added = { inFlight: 0, queued: 0 };
    own.set(bucket, added);
    return added;
  }

  return {
    of,
    replace: (process, now) => void elsewhere.set(process, now),
    remove: (process) => void elsewhere.delete(process),
    read() {
      const sums = new Map<string, Underway>();
      const add = (bucket: string, { inFlight, queued }: Underway): void => {
        const sum = sums.get(bucket);
        sums.set(bucket, {
          inFlight: (sum?.inFlight ?? 0) + inFlight,
          queued: (sum?.queued ?? 0) + queued,
        });
      };
      for (const [bucket, now] of own) add(bucket, now);
      for (const all of elsewhere.values()) for (const now of all) add(now.bucket, now);
      return [...sums].map(([bucket, now]) => ({ bucket, ...now }));
    },
  };
}
