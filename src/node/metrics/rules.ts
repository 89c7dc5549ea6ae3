import type { RulesCache } from '../../rules/cache.ts';
import type { RulesStatus } from '../../rules/record.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { metric, sample } from './prometheus.ts';
import { BUCKETS_MOST, OTHER } from './series.ts';

const STATES: readonly RulesStatus['state'][] = ['not_loaded', 'fresh', 'stale', 'unavailable'];

/** The state of each bucket's rules in the Prometheus text format; of the buckets beyond a bound, of all together. */
export function rulesText(buckets: readonly RuledBucket[], cache: Pick<RulesCache, 'status'>): string {
  const statusOf = (bucket: RuledBucket): RulesStatus => cache.status(keyOf(bucket));
  const apart = buckets
    .slice(0, BUCKETS_MOST)
    .map((bucket) => ({ bucket: bucket.name, all: [statusOf(bucket)] }));
  const others = buckets.slice(BUCKETS_MOST).map(statusOf);
  const shown = others.length === 0 ? apart : [...apart, { bucket: OTHER, all: others }];
  const state = 'bucket_cors_rules_state';
  const confirmed = 'bucket_cors_rules_confirmed_timestamp_seconds';
  const loads = 'bucket_cors_rules_loads_total';
  return [
    metric(
      state,
      'gauge',
      'Whether the rules of a bucket are in this state: 1 for one state of each bucket, 0 for the others.',
      shown.flatMap(({ bucket, all }) =>
        STATES.map((name) =>
          sample(state, { bucket, state: name }, all.filter((status) => status.state === name).length),
        ),
      ),
    ),
    metric(
      confirmed,
      'gauge',
      'When a load last found the rules in force.',
      shown.flatMap(({ bucket, all }) => {
        const times = all.flatMap(({ lastGood }) => lastGood?.confirmedAt ?? []);
        return times.length === 0 ? [] : sample(confirmed, { bucket }, earliest(times) / 1000);
      }),
    ),
    // A store drops buckets, so the sum of the others would go back.
    metric(
      loads,
      'counter',
      'Loads of rules that have ended, by outcome.',
      apart.flatMap(({ bucket, all }) =>
        all.flatMap((status) =>
          Object.entries(status.loads).map(([outcome, count]) => sample(loads, { bucket, outcome }, count)),
        ),
      ),
    ),
  ].join('\n');
}

const earliest = (times: readonly number[]): number =>
  times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY);
