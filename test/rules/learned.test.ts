import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/rules/source.ts';
import { controlled, load, MISSING, NONE, now, rulesOf, settled, summary } from './_controlled.ts';
import { DUE, useStorage } from './_storage.ts';

const storage = useStorage();
const { copy, loaded, newCache, otherProcess } = storage;

/** A cache that has loaded these rules. */
async function having(found: Loaded) {
  const [cache, source] = [newCache(), controlled()];
  await loaded(cache, source, found);
  return { cache, source };
}

/** A cache with rules a that learns rules b during its next load. */
async function overtaken() {
  const { cache, source } = await having(rulesOf('https://a'));
  storage.clock += DUE;
  void cache.current(source.bucket);
  await settled(() => source.pending() === 1);
  await otherProcess(rulesOf('https://b'));
  await cache.learn(source.bucket, copy().version);
  return { cache, source };
}

describe('a version that another process has loaded', () => {
  test('is read from storage, without a request to the bucket', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    storage.clock += 10;
    await otherProcess(rulesOf('https://b'));
    const { version } = copy();
    await cache.learn(source.bucket, version);
    expect(now(cache, source)).toBe('https://b');
    expect(source.loads()).toBe(1);
    expect(cache.status('b').lastGood?.version).toBe(version);
  });

  test('is not replaced by a load that began before it was learned', async () => {
    const { cache, source } = await overtaken();
    // The bucket's late answer still has the old rules.
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://b');
    expect(cache.status('b').lastGood?.version).toBe(copy().version);
  });

  test('is not confirmed by a late 304, which is about the version before it', async () => {
    const { cache, source } = await having(rulesOf('https://y'));
    const y = { text: 'document y' };
    storage.clock += DUE;
    await loaded(cache, source, { ...rulesOf('https://y'), validators: y } as Loaded);
    storage.clock += DUE;
    void cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    await otherProcess(rulesOf('https://x'));
    storage.stored = { ...copy(), confirmedAt: ++storage.clock };
    await cache.learn(source.bucket, copy().version);
    expect(now(cache, source)).toBe('https://x');
    // The bucket still has y, as at the time of the request.
    source.answer({ outcome: 'unchanged', validators: y });
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://y'));
    expect(now(cache, source)).toBe('https://y');
    expect(cache.status('b').lastGood?.ruleSet.rules[0]?.allowedOrigins).toEqual(['https://y']);
  });

  test('never makes two loads run at once, as the older answer could arrive last', async () => {
    const { cache, source } = await overtaken();
    storage.clock += DUE;
    now(cache, source);
    const renewed = cache.renew(source.bucket);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(source.pending()).toBe(1);
    // The first load asks again since b was learned; then the renewal's own load runs.
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://b'));
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://c'));
    expect(summary(await renewed)).toBe('https://c');
    expect(cache.status('b').lastGood?.version).toBe(copy().version);
  });

  test('makes a running refresh ask again, whose answer may be older', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    storage.clock += 10;
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await otherProcess(rulesOf('https://b'));
    await cache.learn(source.bucket, copy().version);
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    expect(summary(await refreshed)).toBe('https://c');
    expect(now(cache, source)).toBe('https://c');
  });

  test.each([
    ['was deleted', NONE, MISSING],
    ['exists again', MISSING, NONE],
  ])('reaches other processes also if the bucket %s, which changes no rule', async (_, before, after) => {
    const { cache, source } = await having(before);
    await otherProcess(after);
    storage.clock += 10;
    storage.stored = { ...copy(), confirmedAt: storage.clock };
    await cache.learn(source.bucket, storage.versions.at(-1) ?? '');
    expect(cache.status('b').lastGood?.outcome).toBe(after.outcome);
  });

  test('is loaded from the bucket if it is not in storage', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    const learning = cache.learn(source.bucket, '0123456789abcdef');
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    await learning;
    expect(now(cache, source)).toBe('https://b');
  });

  test('starts no load if it is in force already', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    await cache.learn(source.bucket, cache.status('b').lastGood?.version ?? '');
    expect(source.loads()).toBe(1);
  });
});
