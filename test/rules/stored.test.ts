import { describe, expect, test } from 'vitest';
import { controlled, load, now, rulesOf, settled, summary, unknown } from './_controlled.ts';
import { DUE, MAX_STALE, START, useStorage } from './_storage.ts';

const storage = useStorage();
const { loaded, newCache, otherProcess } = storage;

describe('a start', () => {
  test('serves the stored rules at once, and asks the bucket next', async () => {
    await otherProcess();
    storage.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    expect(summary(await cache.current(source.bucket))).toBe('https://a');
    expect(cache.status('b')).toMatchObject({
      state: 'stale',
      lastGood: { confirmedAt: START },
      failure: null,
    });
    // Without a second request: an isolate may never get one.
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://a');
    await load(cache, source, rulesOf('https://a'));
    expect(cache.status('b').state).toBe('fresh');
  });

  test('serves the stored rules while the bucket is down, until maxStale after their last confirmation', async () => {
    await otherProcess();
    storage.clock += MAX_STALE - 10;
    const [cache, source] = [newCache(), controlled()];
    expect(summary(await cache.current(source.bucket))).toBe('https://a');
    storage.clock += 2;
    await loaded(cache, source, unknown('down'));
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b')).toMatchObject({ state: 'stale', failure: { cause: 'down' } });
    storage.clock += 10;
    expect(now(cache, source)).toBe('unavailable');
  });

  test('with a refresh asks the bucket at once, although there are stored rules', async () => {
    await otherProcess();
    storage.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect(summary(await refreshed)).toBe('https://b');
  });

  test('with a refresh while stored rules are being read asks the bucket too', async () => {
    await otherProcess();
    storage.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect([summary(await first), summary(await refreshed)]).toEqual(['https://a', 'https://b']);
  });

  test('ignores stored rules that are too old', async () => {
    await otherProcess();
    storage.clock += MAX_STALE + 1;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    expect(summary(await first)).toBe('unavailable');
  });

  test('treats stored rules from the future as confirmed now', async () => {
    await otherProcess();
    storage.clock -= 5000;
    const cache = newCache();
    await cache.current(controlled().bucket);
    expect(cache.status('b').lastGood?.confirmedAt).toBe(storage.clock);
  });
});

describe('rules from a file or an option of this process', () => {
  test('are neither stored nor read from shared storage', async () => {
    await otherProcess();
    const source = controlled();
    const bucket = { ...source.bucket, source: { ...source.bucket.source, kind: 'file' as const } };
    const cache = newCache();
    const first = cache.current(bucket);
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://own'));
    expect(summary(await first)).toBe('https://own');
    await cache.learn(bucket, '0123456789abcdef');
    expect([storage.writes(), source.loads()]).toEqual([1, 1]);
  });
});

describe('loaded rules are stored', () => {
  test('when their version is new, and again when the copy is older than a tenth of maxStale', async () => {
    const [cache, source] = [newCache(), controlled()];
    const confirm = async (origin: string, later: number) => {
      storage.clock += later;
      await loaded(cache, source, rulesOf(origin));
      return storage.writes();
    };
    expect(await confirm('https://a', 0)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(2);
    expect(storage.stored?.confirmedAt).toBe(storage.clock);
    expect(await confirm('https://b', DUE)).toBe(3);
    expect(storage.versions).toHaveLength(2);
  });

  test('again at the next confirmation if the write failed', async () => {
    const [cache, source] = [newCache(), controlled()];
    storage.isWritable = false;
    await loaded(cache, source, rulesOf('https://a'));
    storage.isWritable = true;
    storage.clock += DUE;
    await loaded(cache, source, rulesOf('https://a'));
    expect(storage.writes()).toBe(2);
    expect(storage.stored).not.toBeNull();
  });
});

describe('an edge whose own loads fail, beside one that loads', () => {
  /** Both for so many times `DUE`; the failing one asks first. */
  async function beside(times: number) {
    const [failing, loading] = [newCache(), newCache()];
    const [broken, source] = [controlled(), controlled()];
    await loaded(loading, source, rulesOf('https://a'));
    await failing.current(broken.bucket);
    await settled(() => broken.pending() === 1);
    await load(failing, broken, rulesOf('https://a'));
    let oldest = 0;
    for (let at = 0; at < times; at += 1) {
      storage.clock += DUE;
      void failing.current(broken.bucket);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (broken.pending() > 0) await load(failing, broken, unknown('keys expired'));
      oldest = Math.max(oldest, storage.clock - storage.copy().confirmedAt);
      await loaded(loading, source, rulesOf('https://a'));
    }
    return { failing, broken, oldest };
  }
  const TIMES = Math.ceil((2 * MAX_STALE) / DUE);

  test('serves the rules that the other one confirms, for longer than maxStale', async () => {
    const { failing, broken } = await beside(TIMES);
    expect(now(failing, broken)).toBe('https://a');
    expect(failing.status('b')).toMatchObject({ state: 'stale', failure: { cause: 'keys expired' } });
  });

  test('never dates the shared copy back: a third edge gets nearly all of maxStale', async () => {
    expect((await beside(TIMES)).oldest).toBeLessThanOrEqual(MAX_STALE / 10 + 2 * DUE);
  });
});
