import { expect, test } from 'vitest';
import { createRulesText } from '../../../src/node/metrics/rules.ts';
import { createRulesCache } from '../../../src/rules/cache.ts';
import { controlled, load, rulesOf, unknown } from '../../rules/_controlled.ts';

test("the state of a bucket's rules, and the loads of them", async () => {
  let clock = 1_700_000_000_000;
  const cache = createRulesCache({ ttl: 1_000, maxStale: 60_000, now: () => clock, wallClock: () => clock });
  const source = controlled();
  const rulesText = createRulesText();
  const lines = () =>
    rulesText([source.bucket], cache)
      .split('\n')
      .filter((line) => line.startsWith('bucket_cors_') && !line.endsWith(' 0'));
  const step = async (found: Parameters<typeof load>[2]) => {
    clock += 5_000;
    const current = cache.current(source.bucket);
    await load(cache, source, found);
    await current;
  };
  const state = (name: string) => `bucket_cors_rules_state{bucket="b",state="${name}"} 1`;
  const loads = (outcome: string) => `bucket_cors_rules_loads_total{bucket="b",outcome="${outcome}"} 1`;
  const confirmed = 'bucket_cors_rules_confirmed_timestamp_seconds{bucket="b"} 1700000005';

  expect(lines()).toEqual([state('not_loaded')]);
  await step(rulesOf('https://a'));
  expect(lines()).toEqual([state('fresh'), confirmed, loads('changed')]);
  await step(unknown('down'));
  expect(lines()).toEqual([state('stale'), confirmed, loads('changed'), loads('failed')]);
  clock += 60_001;
  expect(lines()).toEqual([state('unavailable'), confirmed, loads('changed'), loads('failed')]);
});

test('of more than 200 buckets the others are one: how many are in each state', async () => {
  let clock = 1_700_000_000_000;
  const cache = createRulesCache({ ttl: 1_000, maxStale: 60_000, now: () => clock, wallClock: () => clock });
  const sources = [...Array(203).keys()].map((at) => controlled(`b${at}`));
  for (const source of sources.slice(200, 202)) {
    const current = cache.current(source.bucket);
    await load(cache, source, rulesOf('https://a'));
    await current;
    clock += 500;
  }
  const buckets = sources.map(({ bucket }) => bucket);
  const rulesText = createRulesText();
  const text = rulesText(buckets, cache);
  expect(text.split('\n').filter((line) => line.includes('"other"') && !line.endsWith(' 0'))).toEqual([
    'bucket_cors_rules_state{bucket="other",state="not_loaded"} 1',
    'bucket_cors_rules_state{bucket="other",state="fresh"} 2',
  ]);
  const namesIn = (one: string) => new Set(one.match(/bucket="[^"]*"/g));
  expect(namesIn(text).size).toBe(201);
  // A store lists the bucket of the last request first.
  expect(namesIn(rulesText([...buckets].reverse(), cache))).toEqual(namesIn(text));
  const without = buckets.slice(1);
  expect(namesIn(rulesText(without, cache))).toEqual(
    new Set([...namesIn(text)].filter((name) => name !== 'bucket="b0"')).add('bucket="b200"'),
  );
});
