import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/rules/source.ts';
import { controlled, load, MISSING, NONE, now, rulesOf, settled, told } from './_controlled.ts';
import { DUE, useShelf } from './_shelf.ts';

const shelf = useShelf();
const { kept, loaded, newCache, otherProcess } = shelf;

/** A cache that has loaded this. */
async function having(found: Loaded) {
  const [cache, source] = [newCache(), controlled()];
  await loaded(cache, source, found);
  return { cache, source };
}

/** A cache with the rules a that has learned b while its next load is under way. */
async function overtaken() {
  const { cache, source } = await having(rulesOf('https://a'));
  shelf.clock += DUE;
  void cache.current(source.bucket);
  await settled(() => source.pending() === 1);
  await otherProcess(rulesOf('https://b'));
  await cache.learn(source.bucket, kept().version);
  return { cache, source };
}

describe('a version that somebody else has loaded', () => {
  test('is taken from where it is kept, without asking the store', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    shelf.clock += 10;
    await otherProcess(rulesOf('https://b'));
    const { version } = kept();
    await cache.learn(source.bucket, version);
    expect(now(cache, source)).toBe('https://b');
    expect(source.loads()).toBe(1);
    expect(cache.status('b').lastGood?.version).toBe(version);
  });

  test('is not undone by a load that began before', async () => {
    const { cache, source } = await overtaken();
    // The store's slow answer still has the old rules.
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://b');
    expect(cache.status('b').lastGood?.version).toBe(kept().version);
  });

  test('that comes twice does not have a late answer taken for what it was asked about (found in review)', async () => {
    const { cache, source } = await having(rulesOf('https://y'));
    const y = { text: 'document y' };
    shelf.clock += DUE;
    await loaded(cache, source, { ...rulesOf('https://y'), validators: y } as Loaded);
    shelf.clock += DUE;
    void cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    await otherProcess(rulesOf('https://x'));
    shelf.stored = { ...kept(), confirmedAt: ++shelf.clock };
    await cache.learn(source.bucket, kept().version);
    expect(now(cache, source)).toBe('https://x');
    // The store still has y, as it had when it was asked.
    source.answer({ outcome: 'unchanged', validators: y });
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://y'));
    expect(now(cache, source)).toBe('https://y');
    expect(cache.status('b').lastGood?.ruleSet.rules[0]?.allowedOrigins).toEqual(['https://y']);
  });

  test('never makes two loads run at once, of which the older answer could come last (found in review)', async () => {
    const { cache, source } = await overtaken();
    shelf.clock += DUE;
    now(cache, source);
    const renewed = cache.renew(source.bucket);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(source.pending()).toBe(1);
    // The load that began first, asked again since b was learned; then the one that was wanted.
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://b'));
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://c'));
    expect(told(await renewed)).toBe('https://c');
    expect(cache.status('b').lastGood?.version).toBe(kept().version);
  });

  test('makes a refresh that it overtook load once more (found in review)', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    shelf.clock += 10;
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await otherProcess(rulesOf('https://b'));
    await cache.learn(source.bucket, kept().version);
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    expect(told(await refreshed)).toBe('https://c');
    expect(now(cache, source)).toBe('https://c');
  });

  test.each([
    ['loses its rules', NONE, MISSING],
    ['is there again', MISSING, NONE],
  ])('reaches the others also when the bucket %s, which changes no rule', async (_, before, after) => {
    const { cache, source } = await having(before);
    await otherProcess(after);
    shelf.clock += 10;
    shelf.stored = { ...kept(), confirmedAt: shelf.clock };
    await cache.learn(source.bucket, shelf.versions.at(-1) ?? '');
    expect(cache.status('b').lastGood?.outcome).toBe(after.outcome);
  });

  test('is loaded where it is not kept', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    const learning = cache.learn(source.bucket, '0123456789abcdef');
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    await learning;
    expect(now(cache, source)).toBe('https://b');
  });

  test('is nothing to do when it is known already', async () => {
    const { cache, source } = await having(rulesOf('https://a'));
    await cache.learn(source.bucket, cache.status('b').lastGood?.version ?? '');
    expect(source.loads()).toBe(1);
  });
});
