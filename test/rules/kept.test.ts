import { beforeEach, describe, expect, test } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { Keep } from '../../src/rules/keep.ts';
import type { LastGood } from '../../src/rules/ledger.ts';
import type { Loaded } from '../../src/rules/source.ts';
import {
  type Controlled,
  controlled,
  load,
  MISSING,
  NONE,
  now,
  rulesOf,
  settled,
  told,
  unknown,
} from './controlled.ts';

/** A load is due after it, whatever the jitter. */
const DUE = 23_000;
const TTL = 20_000;
const MAX_STALE = 600_000;
const START = 1_700_000_000_000;

let clock = START;
let stored: LastGood | null = null;
let writes = 0;
let works = true;
const keep: Keep = {
  read: async () => stored,
  write: async (_, good) => {
    writes += 1;
    if (works) stored = good;
    return works;
  },
};
const versions: string[] = [];
const newCache = () =>
  createRulesCache({
    ttl: TTL,
    maxStale: MAX_STALE,
    keep,
    now: () => clock,
    onVersion: (_, version) => versions.push(version),
  });

beforeEach(() => {
  clock = START;
  stored = null;
  writes = 0;
  works = true;
  versions.length = 0;
});

/** Answers the load that the next request starts. */
async function loaded(cache: RulesCache, source: Controlled, found: Parameters<typeof load>[2]) {
  void cache.current(source.bucket);
  await settled(() => source.pending() === 1);
  await load(cache, source, found);
}

const kept = (): LastGood => {
  if (stored === null) throw new Error('nothing is kept');
  return stored;
};

/** One life of a process that loads these rules and leaves them behind. */
async function earlier(origin = 'https://a') {
  await loaded(newCache(), controlled(), rulesOf(origin));
}

describe('a start', () => {
  test('serves what was kept at once, and asks the store next', async () => {
    await earlier();
    clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    expect(told(await cache.current(source.bucket))).toBe('https://a');
    expect(cache.status('b')).toMatchObject({
      state: 'stale',
      lastGood: { confirmedAt: START },
      failure: null,
    });
    // Without a second request: an isolate may never have one (found in review).
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://a');
    await load(cache, source, rulesOf('https://a'));
    expect(cache.status('b').state).toBe('fresh');
  });

  test('keeps serving it while the store is down, and counts its age from the last confirmation', async () => {
    await earlier();
    clock += MAX_STALE - 10;
    const [cache, source] = [newCache(), controlled()];
    expect(told(await cache.current(source.bucket))).toBe('https://a');
    clock += 2;
    await loaded(cache, source, unknown('down'));
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b')).toMatchObject({ state: 'stale', failure: { cause: 'down' } });
    clock += 10;
    expect(now(cache, source)).toBe('unavailable');
  });

  test('that begins with a refresh asks the store at once, not with the next request (found in review)', async () => {
    await earlier();
    clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect(told(await refreshed)).toBe('https://b');
  });

  test('that is refreshed while what was kept is being read asks the store too', async () => {
    await earlier();
    clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect([told(await first), told(await refreshed)]).toEqual(['https://a', 'https://b']);
  });

  test('does not take what is too old', async () => {
    await earlier();
    clock += MAX_STALE + 1;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    expect(told(await first)).toBe('unavailable');
  });

  test('takes a time that lies ahead for now', async () => {
    await earlier();
    clock -= 5000;
    const cache = newCache();
    await cache.current(controlled().bucket);
    expect(cache.status('b').lastGood?.confirmedAt).toBe(clock);
  });
});

describe('a file or a document of this process', () => {
  test('is neither kept nor taken from where others keep theirs', async () => {
    await earlier();
    const source = controlled();
    const bucket = { ...source.bucket, source: { ...source.bucket.source, kind: 'file' as const } };
    const cache = newCache();
    const first = cache.current(bucket);
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://own'));
    expect(told(await first)).toBe('https://own');
    await cache.learn(bucket, '0123456789abcdef');
    expect([writes, source.loads()]).toEqual([1, 1]);
  });
});

describe('what is loaded is written', () => {
  test('when it is new, not at each confirmation, and again when it has aged by a tenth', async () => {
    const [cache, source] = [newCache(), controlled()];
    const confirm = async (origin: string, later: number) => {
      clock += later;
      await loaded(cache, source, rulesOf(origin));
      return writes;
    };
    expect(await confirm('https://a', 0)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(2);
    expect(stored?.confirmedAt).toBe(clock);
    expect(await confirm('https://b', DUE)).toBe(3);
    expect(versions).toHaveLength(2);
  });

  test('again at the next confirmation when it could not be written', async () => {
    const [cache, source] = [newCache(), controlled()];
    works = false;
    await loaded(cache, source, rulesOf('https://a'));
    works = true;
    clock += DUE;
    await loaded(cache, source, rulesOf('https://a'));
    expect(writes).toBe(2);
    expect(stored).not.toBeNull();
  });
});

describe('a version that somebody else has loaded', () => {
  test('is taken from where it is kept, without asking the store', async () => {
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    clock += 10;
    stored = null;
    await earlier('https://b');
    const { version } = kept();
    await cache.learn(source.bucket, version);
    expect(now(cache, source)).toBe('https://b');
    expect(source.loads()).toBe(1);
    expect(cache.status('b').lastGood?.version).toBe(version);
  });

  test('is not undone by a load that began before', async () => {
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    clock += DUE;
    void cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    stored = null;
    await earlier('https://b');
    await cache.learn(source.bucket, kept().version);
    // The store's slow answer still has the old rules.
    source.answer(rulesOf('https://a'));
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://b');
    expect(cache.status('b').lastGood?.version).toBe(kept().version);
  });

  test('that comes twice does not have a late answer taken for what it was asked about (found in review)', async () => {
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://y'));
    const y = { text: 'document y' };
    clock += DUE;
    await loaded(cache, source, { ...rulesOf('https://y'), validators: y } as Loaded);
    clock += DUE;
    void cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    stored = null;
    await earlier('https://x');
    stored = { ...kept(), confirmedAt: ++clock };
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
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    clock += DUE;
    void cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    stored = null;
    await earlier('https://b');
    await cache.learn(source.bucket, kept().version);
    clock += DUE;
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
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    clock += 10;
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    stored = null;
    await earlier('https://b');
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
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, before);
    stored = null;
    await loaded(newCache(), controlled(), after);
    clock += 10;
    stored = { ...kept(), confirmedAt: clock };
    await cache.learn(source.bucket, versions.at(-1) ?? '');
    expect(cache.status('b').lastGood?.outcome).toBe(after.outcome);
  });

  test('is loaded where it is not kept', async () => {
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    const learning = cache.learn(source.bucket, '0123456789abcdef');
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    await learning;
    expect(now(cache, source)).toBe('https://b');
  });

  test('is nothing to do when it is known already', async () => {
    const [cache, source] = [newCache(), controlled()];
    await loaded(cache, source, rulesOf('https://a'));
    await cache.learn(source.bucket, cache.status('b').lastGood?.version ?? '');
    expect(source.loads()).toBe(1);
  });
});
