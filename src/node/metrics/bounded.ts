import { addSeries, BUCKETS_MOST, createSeries, OTHER, type Series } from './series.ts';

/** Most label sets of requests in a text: each is up to 34 lines, made in the process that may serve clients too. */
const SETS_MOST = 2_000;

/** Returns the name of a bucket in one text: its own for the first ones, `other` for all beyond the bound. */
export function bucketNames(): (bucket: string) => string {
  const names = new Set(['', OTHER]);
  const most = BUCKETS_MOST + names.size;
  return (bucket) => {
    if (names.size >= most && !names.has(bucket)) return OTHER;
    names.add(bucket);
    return bucket;
  };
}

/**
 * The series of one text, in the order of their first requests: a counter has the same label sets in each text, so none
 * goes back.
 */
export function boundedSeries(
  series: readonly Series[],
  named: (bucket: string) => string,
): readonly Series[] {
  const bounded = createSeries(SETS_MOST);
  for (const one of series) {
    const bucket = named(one.bucket);
    const server = bucket === one.bucket || one.server === '' ? one.server : OTHER;
    addSeries(bounded.of({ ...one, bucket, server }), one);
  }
  return bounded.all();
}
