import { beforeEach, describe, expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import { type Controlled, controlled, load, rulesOf, settled, summary, unknown } from './_controlled.ts';

let clock = 0;
const changes: string[] = [];
beforeEach(() => {
  clock = 1_700_000_000_000;
  changes.length = 0;
});

const newCache = () =>
  createRulesCache({
    ttl: 60_000,
    maxStale: 600_000,
    now: () => clock,
    onChange: (_, status) => changes.push(status.state),
  });

const allowing = (bucket: Controlled['bucket'], allow: boolean) => ({
  ...bucket,
  behaviour: { ...bucket.behaviour, dangerouslyAllowCredentials: allow },
});

describe('a bucket under a new configuration', () => {
  test('never gets rules compiled for the previous configuration, although it waited for the same load', async () => {
    const [cache, source] = [newCache(), controlled()];
    const before = cache.current(allowing(source.bucket, true));
    const after = cache.current(allowing(source.bucket, false));
    await load(cache, source, rulesOf('https://a'));
    expect((await before).rules.behaviour.dangerouslyAllowCredentials).toBe(true);
    const { rules } = await after;
    expect([rules.behaviour.dangerouslyAllowCredentials, summary({ rules, version: null })]).toEqual([
      false,
      'https://a',
    ]);
  });

  test('has its own source asked at once if the previous source failed, without the pause', async () => {
    const [cache, source, corrected] = [newCache(), controlled(), controlled()];
    const first = cache.current(source.bucket);
    await load(cache, source, unknown());
    await first;
    await cache.current(corrected.bucket);
    clock += 2;
    void cache.current(corrected.bucket);
    await settled(() => corrected.pending() === 1);
    expect(source.loads()).toBe(1);
  });
});

describe('a bucket that is reconfigured during a renewal of its rules', () => {
  test('never gets rules compiled for the previous configuration, as two requests may wait for one load', async () => {
    const [cache, source] = [newCache(), controlled()];
    const before = allowing(source.bucket, true);
    const first = cache.current(before);
    await load(cache, source, rulesOf('https://a'));
    await first;
    const renewed = cache.renew(before);
    await settled(() => source.pending() === 1);
    const after = cache.current(allowing(source.bucket, false));
    await load(cache, source, rulesOf('https://b'));
    expect((await renewed).rules.behaviour.dangerouslyAllowCredentials).toBe(true);
    const { rules } = await after;
    expect([rules.behaviour.dangerouslyAllowCredentials, summary({ rules, version: null })]).toEqual([
      false,
      'https://b',
    ]);
  });
});

describe('two refreshes of a bucket, the second after a change of its configuration', () => {
  test('ask the source of each, although both wait for one running load', async () => {
    const [cache, source, corrected] = [newCache(), controlled(), controlled()];
    const first = cache.current(source.bucket);
    const refreshes = [cache.refresh(source.bucket), cache.refresh(corrected.bucket)] as const;
    source.answer(unknown());
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    await settled(() => corrected.pending() === 1);
    corrected.answer(rulesOf('https://a'));
    await first;
    await refreshes[0];
    expect(summary(await refreshes[1])).toBe('https://a');
    expect([source.loads(), corrected.loads()]).toEqual([2, 1]);
  });
});

describe('a bucket that is removed during a load', () => {
  /** Removes the bucket during its first load, then answers the load. */
  async function forgotten(answered = rulesOf('https://a')) {
    const [cache, source] = [newCache(), controlled()];
    const waits = cache.current(source.bucket);
    cache.forget(source.bucket);
    source.answer(answered);
    return { cache, source, waits };
  }

  test('still has rules for the request that waited', async () => {
    const { waits } = await forgotten();
    expect(summary(await waits)).toBe('https://a');
  });

  test('does not return with a late answer, and no change is reported', async () => {
    const { cache, waits } = await forgotten();
    await waits;
    expect([cache.status('b').state, changes]).toEqual(['not_loaded', []]);
  });

  test('is loaded again when it is added again, and its first request waits', async () => {
    const { cache, waits } = await forgotten();
    await waits;
    const back = controlled();
    const first = cache.current(back.bucket);
    await settled(() => back.pending() === 1);
    await load(cache, back, rulesOf('https://b'));
    expect(summary(await first)).toBe('https://b');
  });

  test('is loaded again also when it is added again before the load has ended', async () => {
    const [cache, source, back] = [newCache(), controlled(), controlled()];
    const waits = cache.current(source.bucket);
    cache.forget(source.bucket);
    const first = cache.current(back.bucket);
    source.answer(unknown('it is gone'));
    await settled(() => back.pending() === 1);
    await load(cache, back, rulesOf('https://b'));
    expect([summary(await waits), summary(await first)]).toEqual(['unavailable', 'https://b']);
  });

  test.each(['refresh', 'renew'] as const)('stays removed after a %s by a request in flight', async (how) => {
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    await load(cache, source, rulesOf('https://a'));
    await first;
    cache.forget(source.bucket);
    changes.length = 0;
    const late = cache[how](source.bucket);
    await settled(() => source.pending() === 1);
    source.answer(unknown('it is gone'));
    await late;
    expect([cache.status('b').state, cache.asked('b'), changes]).toEqual(['not_loaded', false, []]);
  });
});
