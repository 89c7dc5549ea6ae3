import { afterEach, describe, expect, test, vi } from 'vitest';
import { askForRules } from '../../src/bucket/read.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import { LOAD_TIMEOUT } from '../../src/rules/load.ts';
import type { Ask, Source } from '../../src/rules/source.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import { TTL, useCaches, withoutJitter } from './_caches.ts';
import { bucketWith, controlled, load, now, rulesOf, summary, unknown } from './_controlled.ts';

const caches = useCaches();
const { loaded, newCache, reload } = caches;
withoutJitter();
afterEach(() => void vi.useRealTimers());

describe('a failed load', () => {
  test('is not repeated by every request: the pauses grow up to a minute', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), TTL, 0);
    caches.clock += TTL + 1;
    now(cache, source);
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      await load(cache, source, unknown());
      const before = source.loads();
      for (const later of [0, 1, pause * 1000 - 2]) {
        caches.clock += later;
        expect(now(cache, source)).toBe('https://a');
      }
      expect(source.loads()).toBe(before);
      caches.clock += 2;
      for (let request = 0; request < 5; request += 1) expect(now(cache, source)).toBe('https://a');
      expect(source.loads()).toBe(before + 1);
    }
    expect(cache.status('b').failure?.count).toBe(9);
  });

  test('is followed by a pause also if no rules were ever loaded', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    await waits;
    caches.clock += 999;
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(1);
    caches.clock += 2;
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://a'));
    expect(now(cache, source)).toBe('https://a');
  });

  test('counts from one again after a successful load', async () => {
    const { cache, source } = await loaded();
    await reload(cache, source, unknown());
    await reload(cache, source, unknown(), 1001);
    expect(cache.status('b').failure?.count).toBe(2);
    await reload(cache, source, rulesOf('https://a'), 2001);
    expect(cache.status('b')).toMatchObject({ state: 'fresh', failure: null });
    await reload(cache, source, unknown());
    expect(cache.status('b').failure?.count).toBe(1);
    expect(source.loads()).toBe(5);
    caches.clock += 1001;
    now(cache, source);
    expect(source.loads()).toBe(6);
  });

  test.each([
    ['rejects with an error', new Error('broken pipe'), 'source of b could not be read: broken pipe'],
    [
      'rejects with an error that has a cause',
      new Error('fetch failed', { cause: new Error('ECONNREFUSED') }),
      'source of b could not be read: fetch failed (ECONNREFUSED)',
    ],
    ['rejects with a value that is not an error', 'odd', 'source of b could not be read: odd'],
  ])('is a load whose source %s', async (_, error, cause) => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    source.reject(error);
    expect(summary(await waits)).toBe('unavailable');
    expect(cache.status('b').failure).toMatchObject({ cause, count: 1, at: caches.clock });
  });

  test('is a load whose source throws before it returns a promise', async () => {
    const cache = newCache();
    const source: Source = {
      kind: 'url',
      name: 'thrower',
      load: () => {
        throw new Error('no such thing');
      },
    };
    expect(summary(await cache.current(bucketWith(source)))).toBe('unavailable');
    expect(cache.status('b').failure?.cause).toBe('thrower could not be read: no such thing');
  });

  test('is a load that takes longer than five seconds; a later answer is ignored', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    vi.advanceTimersByTime(LOAD_TIMEOUT - 1);
    expect(source.signals[0]?.aborted).toBe(false);
    // The last millisecond, and the turn in which an answer still counts.
    vi.advanceTimersByTime(2);
    expect(summary(await waits)).toBe('unavailable');
    expect(source.signals[0]?.aborted).toBe(true);
    expect(cache.status('b').failure?.cause).toBe('source of b did not answer within 5 seconds');
    source.answer(rulesOf('https://late'));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(now(cache, source)).toBe('unavailable');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes five seconds also if a storage does not answer, and names the time that was left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const silent = {
      read: () => new Promise<never>(() => {}),
      peek: async () => null,
      write: async () => {},
    };
    const cache = createRulesCache({ ttl: TTL, maxStale: 0, keeps: [silent] });
    let found = 'waits';
    void Promise.resolve(cache.current(controlled().bucket)).then((inForce) => {
      found = summary(inForce);
    });
    await vi.advanceTimersByTimeAsync(LOAD_TIMEOUT / 2 + 2);
    await vi.advanceTimersByTimeAsync(LOAD_TIMEOUT / 2 + 2);
    expect(found).toBe('unavailable');
    expect(cache.status('b').failure?.cause).toBe('source of b did not answer within 2.5 seconds');
  });

  test('for want of keys names the keys, not the address, as what to correct', async () => {
    const address = { base: 'http://127.0.0.1:9', host: '127.0.0.1:9', path: '' };
    const sign = () => {
      throw new Error('the credentials file /keys is empty');
    };
    const read = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const failureWith = async (ask: Ask) => {
      const cache = newCache();
      await cache.current(bucketWith(bucketSource('b/?cors', ask)));
      return cache.status('b').failure;
    };
    expect(await failureWith(askForRules(address, read, sign))).toMatchObject({
      cause: 'b/?cors could not be read: the credentials file /keys is empty',
      cure: expect.stringMatching(/keys.*--credentials/),
    });
    expect((await failureWith(askForRules(address, read)))?.cure).toMatch(/address/);
  });

  test('leaves no timer behind, like a successful load', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { cache, source } = await loaded();
    await reload(cache, source, unknown());
    expect(vi.getTimerCount()).toBe(0);
  });
});
