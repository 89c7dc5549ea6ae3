import { describe, expect, test } from 'vitest';
import { controlled, load, now, rulesOf, settled, told, unknown } from './_controlled.ts';
import { DUE, MAX_STALE, START, useShelf } from './_shelf.ts';

const shelf = useShelf();
const { loaded, newCache, otherProcess } = shelf;

describe('a start', () => {
  test('serves what was kept at once, and asks the store next', async () => {
    await otherProcess();
    shelf.clock += 1000;
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
    await otherProcess();
    shelf.clock += MAX_STALE - 10;
    const [cache, source] = [newCache(), controlled()];
    expect(told(await cache.current(source.bucket))).toBe('https://a');
    shelf.clock += 2;
    await loaded(cache, source, unknown('down'));
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b')).toMatchObject({ state: 'stale', failure: { cause: 'down' } });
    shelf.clock += 10;
    expect(now(cache, source)).toBe('unavailable');
  });

  test('that begins with a refresh asks the store at once, not with the next request (found in review)', async () => {
    await otherProcess();
    shelf.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect(told(await refreshed)).toBe('https://b');
  });

  test('that is refreshed while what was kept is being read asks the store too', async () => {
    await otherProcess();
    shelf.clock += 1000;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect([told(await first), told(await refreshed)]).toEqual(['https://a', 'https://b']);
  });

  test('does not take what is too old', async () => {
    await otherProcess();
    shelf.clock += MAX_STALE + 1;
    const [cache, source] = [newCache(), controlled()];
    const first = cache.current(source.bucket);
    await settled(() => source.pending() === 1);
    source.answer(unknown());
    expect(told(await first)).toBe('unavailable');
  });

  test('takes a time that lies ahead for now', async () => {
    await otherProcess();
    shelf.clock -= 5000;
    const cache = newCache();
    await cache.current(controlled().bucket);
    expect(cache.status('b').lastGood?.confirmedAt).toBe(shelf.clock);
  });
});

describe('a file or a document of this process', () => {
  test('is neither kept nor taken from where others keep theirs', async () => {
    await otherProcess();
    const source = controlled();
    const bucket = { ...source.bucket, source: { ...source.bucket.source, kind: 'file' as const } };
    const cache = newCache();
    const first = cache.current(bucket);
    await settled(() => source.pending() === 1);
    source.answer(rulesOf('https://own'));
    expect(told(await first)).toBe('https://own');
    await cache.learn(bucket, '0123456789abcdef');
    expect([shelf.writes(), source.loads()]).toEqual([1, 1]);
  });
});

describe('what is loaded is written', () => {
  test('when it is new, not at each confirmation, and again when it has aged by a tenth', async () => {
    const [cache, source] = [newCache(), controlled()];
    const confirm = async (origin: string, later: number) => {
      shelf.clock += later;
      await loaded(cache, source, rulesOf(origin));
      return shelf.writes();
    };
    expect(await confirm('https://a', 0)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(1);
    expect(await confirm('https://a', DUE)).toBe(2);
    expect(shelf.stored?.confirmedAt).toBe(shelf.clock);
    expect(await confirm('https://b', DUE)).toBe(3);
    expect(shelf.versions).toHaveLength(2);
  });

  test('again at the next confirmation when it could not be written', async () => {
    const [cache, source] = [newCache(), controlled()];
    shelf.works = false;
    await loaded(cache, source, rulesOf('https://a'));
    shelf.works = true;
    shelf.clock += DUE;
    await loaded(cache, source, rulesOf('https://a'));
    expect(shelf.writes()).toBe(2);
    expect(shelf.stored).not.toBeNull();
  });
});
