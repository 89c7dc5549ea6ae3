import { beforeEach, describe, expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import { type Controlled, controlled, load, rulesOf, settled, told, unknown } from './_controlled.ts';

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

describe('a bucket under another configuration', () => {
  test('never gets rules compiled for the one before, though it waited for the same load', async () => {
    const [cache, source] = [newCache(), controlled()];
    const before = cache.current(allowing(source.bucket, true));
    const after = cache.current(allowing(source.bucket, false));
    await load(cache, source, rulesOf('https://a'));
    expect((await before).rules.behaviour.dangerouslyAllowCredentials).toBe(true);
    const { rules } = await after;
    expect([rules.behaviour.dangerouslyAllowCredentials, told({ rules, version: null })]).toEqual([
      false,
      'https://a',
    ]);
  });

  test('has its own source asked soon where there never were rules, not after the pause of the one before', async () => {
    const [cache, source, mended] = [newCache(), controlled(), controlled()];
    const first = cache.current(source.bucket);
    await load(cache, source, unknown());
    await first;
    await cache.current(mended.bucket);
    clock += 2;
    void cache.current(mended.bucket);
    await settled(() => mended.pending() === 1);
    expect(source.loads()).toBe(1);
  });
});

describe('a bucket that was given other options while its rules were renewed', () => {
  test('is never answered with the behaviour of before (found in review)', async () => {
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
    expect([rules.behaviour.dangerouslyAllowCredentials, told({ rules, version: null })]).toEqual([
      false,
      'https://b',
    ]);
  });
});

describe('a bucket that was forgotten while a load was under way', () => {
  /** Forgets the bucket with its first load running, and answers that. */
  async function forgotten(answered = rulesOf('https://a')) {
    const [cache, source] = [newCache(), controlled()];
    const waits = cache.current(source.bucket);
    cache.forget(source.bucket);
    source.answer(answered);
    return { cache, source, waits };
  }

  test('still decides the request that waited', async () => {
    const { waits } = await forgotten();
    expect(told(await waits)).toBe('https://a');
  });

  test('is not known again by what comes late, and nobody is told (found in review)', async () => {
    const { cache, waits } = await forgotten();
    await waits;
    expect([cache.status('b').state, changes]).toEqual(['not_loaded', []]);
  });

  test('has its rules loaded anew when it comes back, and its next request waits for them', async () => {
    const { cache, waits } = await forgotten();
    await waits;
    const back = controlled();
    const first = cache.current(back.bucket);
    await settled(() => back.pending() === 1);
    await load(cache, back, rulesOf('https://b'));
    expect(told(await first)).toBe('https://b');
  });

  test('has its rules loaded anew also when it comes back before the load has ended', async () => {
    const [cache, source, back] = [newCache(), controlled(), controlled()];
    const waits = cache.current(source.bucket);
    cache.forget(source.bucket);
    const first = cache.current(back.bucket);
    source.answer(unknown('it is gone'));
    await settled(() => back.pending() === 1);
    await load(cache, back, rulesOf('https://b'));
    expect([told(await waits), told(await first)]).toEqual(['unavailable', 'https://b']);
  });

  test.each(['refresh', 'renew'] as const)(
    'stays forgotten after a %s that somebody still asks for',
    async (how) => {
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
    },
  );
});
