import type { Outcome, Underway } from '../bucket/transport.ts';
import { labelOf, type Routed } from './context.ts';
import type { BucketPart } from './report.ts';

/** One request while its bucket has it. Times are by `ServeOptions.now`. */
export interface AtBucket {
  /** Absent where nothing reads the count. */
  readonly underway: Underway | undefined;
  readonly askedAt: number;
  /** Null: the bucket has not ended its answer, and has not failed. */
  answeredAt: number | null;
  status: number | null;
}

/** Counts a request as under way, and begins its time at the bucket. */
export function enterBucket(request: Routed): AtBucket {
  const { options } = request;
  const underway = options.underway?.(labelOf(request));
  if (underway !== undefined) underway.inFlight += 1;
  return { underway, askedAt: options.now(), answeredAt: null, status: null };
}

/** Counts it as under way no more. Call it once. */
export function leaveBucket(
  { underway, askedAt, answeredAt, status }: AtBucket,
  { options }: Routed,
  { failure }: Outcome,
): BucketPart {
  if (underway !== undefined) underway.inFlight -= 1;
  // The request has waited for a connection, and got none.
  const isAsked = failure !== 'BucketBusy';
  return { ms: isAsked ? (answeredAt ?? options.now()) - askedAt : null, status };
}
