import type { BucketTraffic, Traffic } from '../../admin/api.ts';
import { REQUEST_LIMITS } from '../../bucket/limits.ts';
import { errorsFor } from '../../edge/errors.ts';
import { monotonic } from '../../rules/clock.ts';
import { BUCKETS_MOST, countOf, OTHER, type Series } from './series.ts';
import type { BucketUnderway } from './underway.ts';

export interface TrafficOptions {
  /** Returns what was counted so far. */
  readonly counts: () => readonly Series[];
  readonly underway: () => readonly BucketUnderway[];
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Epoch milliseconds, to be shown. */
  readonly wallClock?: () => number;
}

/** The traffic of the last hour. */
export interface TrafficSeries {
  /** The last step is under way: its numbers still grow. */
  read(): Traffic;
  stop(): void;
}

const STEPS = 60;
const STEP_MS = 60_000;
/** Milliseconds between two looks at the clock; a step ends at the first one after its time. */
const LOOK_MS = 1_000;

/** What was counted of one bucket. */
interface Totals {
  requests: number;
  preflights: number;
  refused: number;
  errors: number;
  /** Answers of the bucket, and the sum of their durations in seconds. */
  answers: number;
  seconds: number;
}

type ByBucket = ReadonlyMap<string, Totals>;

/**
 * Makes steps of a minute from the counts, which only grow: a step is what they have grown by. So it costs requests
 * nothing, and counts of worker processes are in it as soon as they arrive.
 */
export function createTraffic({
  counts,
  underway,
  now = monotonic,
  wallClock = Date.now,
}: TrafficOptions): TrafficSeries {
  /** Ended steps, the oldest first. */
  const ended: ByBucket[] = [];
  const names = new Set<string>();
  let before = totalsOf(counts());
  let end = now() + STEP_MS;

  const listed = (bucket: string): string => {
    if (names.has(bucket)) return bucket;
    if (names.size >= BUCKETS_MOST) return OTHER;
    names.add(bucket);
    return bucket;
  };

  function stepTo(totals: ByBucket): ByBucket {
    const step = new Map<string, Totals>();
    for (const [bucket, total] of totals) {
      const more = minus(total, before.get(bucket));
      if (more.requests > 0) add(step, listed(bucket), more);
    }
    return step;
  }

  /** Ends the steps whose time has passed. After a stall of the process, the first of them has all that was counted. */
  function advance(): void {
    if (now() < end) return;
    const totals = totalsOf(counts());
    for (; end <= now(); end += STEP_MS) {
      ended.push(stepTo(totals));
      before = totals;
    }
    ended.splice(0, ended.length - (STEPS - 1));
    // A bucket without a request for an hour makes room for another.
    for (const name of names) if (!ended.some((step) => step.has(name))) names.delete(name);
  }

  const timer = setInterval(advance, LOOK_MS).unref();

  return {
    read() {
      advance();
      const steps = [...ended, stepTo(totalsOf(counts()))];
      const inFlight = new Map<string, number>();
      for (const { bucket, inFlight: more } of underway()) {
        if (more === 0) continue;
        const name = listed(bucket);
        inFlight.set(name, (inFlight.get(name) ?? 0) + more);
      }
      const buckets = new Set([...steps.flatMap((step) => [...step.keys()]), ...inFlight.keys()]);
      return {
        stepSeconds: STEP_MS / 1000,
        at: new Date(wallClock() + end - now()).toISOString(),
        buckets: [...buckets].sort().map((bucket) => trafficOf(bucket, steps, inFlight.get(bucket) ?? 0)),
      };
    },
    stop: () => clearInterval(timer),
  };
}

/** Steps before the first one had no traffic that is known of. */
function trafficOf(bucket: string, steps: readonly ByBucket[], inFlight: number): BucketTraffic {
  const unknown: readonly undefined[] = new Array(STEPS - steps.length).fill(undefined);
  const totals = [...unknown, ...steps.map((step) => step.get(bucket))];
  const each = (of: (total: Totals) => number): readonly number[] =>
    totals.map((total) => (total === undefined ? 0 : of(total)));
  return {
    bucket,
    requests: each(({ requests }) => requests),
    preflights: each(({ preflights }) => preflights),
    refused: each(({ refused }) => refused),
    errors: each(({ errors }) => errors),
    bucketMs: totals.map((total) =>
      total === undefined || total.answers === 0 ? null : (total.seconds / total.answers) * 1000,
    ),
    inFlight,
  };
}

function totalsOf(series: readonly Series[]): ByBucket {
  const totals = new Map<string, Totals>();
  for (const one of series) add(totals, one.bucket, totalOf(one));
  return totals;
}

function totalOf(series: Series): Totals {
  const { kind, client, bucketAnswer } = series;
  const requests = countOf(client);
  return {
    requests,
    preflights: kind === 'preflight' ? requests : 0,
    refused: isRefused(series) ? requests : 0,
    errors: isError(series) ? requests : 0,
    answers: bucketAnswer === null ? 0 : countOf(bucketAnswer),
    seconds: bucketAnswer?.seconds ?? 0,
  };
}

/** Whether the rules refused it. Unknown rules refuse nothing (promise 2). */
const isRefused = ({ reason }: Series): boolean =>
  reason !== '' && reason !== OTHER && !['matched', 'not_cors', 'rules_unavailable'].includes(reason);

const ERRORS: Readonly<Record<string, { readonly status: number }>> = errorsFor(REQUEST_LIMITS);

/** An answer that broke off has the status of its head, and a code whose own status says that it failed. */
const isError = ({ status, code }: Series): boolean =>
  Math.max(status ?? 0, ERRORS[code]?.status ?? 0) >= 500;

const NOTHING: Totals = { requests: 0, preflights: 0, refused: 0, errors: 0, answers: 0, seconds: 0 };

function add(to: Map<string, Totals>, bucket: string, more: Totals): void {
  to.set(bucket, combined(to.get(bucket) ?? NOTHING, more, 1));
}

const minus = (total: Totals, before: Totals = NOTHING): Totals => combined(total, before, -1);

const combined = (one: Totals, other: Totals, sign: 1 | -1): Totals => ({
  requests: one.requests + sign * other.requests,
  preflights: one.preflights + sign * other.preflights,
  refused: one.refused + sign * other.refused,
  errors: one.errors + sign * other.errors,
  answers: one.answers + sign * other.answers,
  seconds: one.seconds + sign * other.seconds,
});
