import type { RulesCache } from '../../rules/cache.ts';
import type { RulesStatus } from '../../rules/record.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { metric, sample } from './prometheus.ts';

const STATES: readonly RulesStatus['state'][] = ['not_loaded', 'fresh', 'stale', 'unavailable'];

/** The state of each bucket's rules in the Prometheus text format. */
export function rulesText(buckets: readonly RuledBucket[], cache: Pick<RulesCache, 'status'>): string {
  const all = buckets.map((bucket) => ({ bucket: bucket.name, status: cache.status(keyOf(bucket)) }));
  const state = 'bucket_cors_rules_state';
  const confirmed = 'bucket_cors_rules_confirmed_timestamp_seconds';
  const loads = 'bucket_cors_rules_loads_total';
  return [
    metric(
      state,
      'gauge',
      'Whether the rules of a bucket are in this state: 1 for one state of each bucket, 0 for the others.',
      all.flatMap(({ bucket, status }) =>
        STATES.map((name) => sample(state, { bucket, state: name }, status.state === name ? 1 : 0)),
      ),
    ),
    metric(
      confirmed,
      'gauge',
      'When a load last found the rules in force.',
      all.flatMap(({ bucket, status: { lastGood } }) =>
        lastGood === null ? [] : sample(confirmed, { bucket }, lastGood.confirmedAt / 1000),
      ),
    ),
    metric(
      loads,
      'counter',
      'Loads of rules that have ended, by outcome.',
      all.flatMap(({ bucket, status }) =>
        Object.entries(status.loads).map(([outcome, count]) => sample(loads, { bucket, outcome }, count)),
      ),
    ),
  ].join('\n');
}
