import type { RulesCache } from '../../rules/cache.ts';
import type { RulesStatus } from '../../rules/record.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { metric, sample } from './prometheus.ts';
import { BUCKETS_MOST, OTHER } from './series.ts';

const STATES: readonly RulesStatus['state'][] = ['not_loaded', 'fresh', 'stale', 'unavailable'];

/** Makes the text of each scrape. */
export type RulesText = (buckets: readonly RuledBucket[], cache: Pick<RulesCache, 'status'>) => string;

/**
 * Returns what makes the texts of the rules' metrics. Beyond a bound the first buckets that were seen have series of their
 * own while they are served: the order of a store's buckets changes with the requests of clients.
 */
export function createRulesText(): RulesText {
  const named = new Set<string>();
  return (buckets, cache) => {
    const served = new Set(buckets.map(({ name }) => name));
    for (const name of named) if (!served.has(name)) named.delete(name);
    for (const name of served) if (named.size < BUCKETS_MOST) named.add(name);
    return textOf(buckets, named, cache);
  };
}

/** The state of each named bucket's rules in the Prometheus text format; of the others, of all together. */
function textOf(
  buckets: readonly RuledBucket[],
  named: ReadonlySet<string>,
  cache: Pick<RulesCache, 'status'>,
): string {
  const statusOf = (bucket: RuledBucket): RulesStatus => cache.status(keyOf(bucket));
  const apart = buckets
    .filter(({ name }) => named.has(name))
    .map((bucket) => ({ bucket: bucket.name, all: [statusOf(bucket)] }));
  const others = buckets.filter(({ name }) => !named.has(name)).map(statusOf);
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
    // Of the others the earliest would be that of a bucket without requests, whose rules nothing loads.
    metric(
      confirmed,
      'gauge',
      'When a load last found the rules in force.',
      apart.flatMap(({ bucket, all }) =>
        all.flatMap(({ lastGood }) =>
          lastGood === null ? [] : sample(confirmed, { bucket }, lastGood.confirmedAt / 1000),
        ),
      ),
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
