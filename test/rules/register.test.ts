import { describe, expect, test } from 'vitest';
import type { RulesCache } from '../../src/rules/cache.ts';
import { encodeLastGood } from '../../src/rules/last-good.ts';
import type { Register, RegisterEntry } from '../../src/rules/register.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import { registerSource } from '../../src/rules/sources/register.ts';
import { versionOf } from '../../src/rules/version.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { bucketWith, rulesOf, settled, summary } from './_controlled.ts';
import { DUE, MAX_STALE, useStorage } from './_storage.ts';

const storage = useStorage();
const A = 'https://a';
const B = 'https://b';

/** A register in memory, which may fail. */
function memory() {
  let entry: RegisterEntry | null = null;
  let failure: string | null = null;
  let reads = 0;
  const register: Register = {
    name: 'the memory',
    read: async () => {
      reads += 1;
      if (failure !== null) throw new Error(failure);
      return entry;
    },
    write: async (_, written) => {
      entry = written;
    },
  };
  return {
    bucket: (): RuledBucket => bucketWith(registerSource(register, 'b')),
    reads: () => reads,
    put: (origin: string) => {
      entry = { document: rulesFor(origin), writer: 'LTAIwriter', writtenAt: 1 };
    },
    remove: () => {
      entry = { document: null, writer: 'LTAIwriter', writtenAt: 1 };
    },
    lose: () => {
      entry = null;
    },
    spoil: () => {
      entry = { document: '<broken', writer: 'LTAIother', writtenAt: 2 };
    },
    fail: (cause: string | null) => {
      failure = cause;
    },
  };
}

const inForce = async (cache: RulesCache, bucket: RuledBucket): Promise<string> =>
  summary(await cache.current(bucket));

/** A copy of last good rules that another process stored, `later` milliseconds after now by its clock. */
async function copyOf(origin: string, later = 0): Promise<void> {
  const loaded = rulesOf(origin);
  if (loaded.outcome !== 'rules') throw new Error('no rules');
  const { ruleSet } = loaded;
  const at = storage.clock + later;
  const version = await versionOf(ruleSet);
  storage.stored = { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: at, confirmedAt: at };
  expect(encodeLastGood('b', storage.stored)).toContain(origin);
}

describe('rules that clients write', () => {
  test('are the last entry; a deletion and no entry mean none', async () => {
    const [cache, written] = [storage.newCache(), memory()];
    const bucket = written.bucket();
    expect([await inForce(cache, bucket), bucket.source.written?.()]).toEqual(['none', null]);
    written.put(A);
    await cache.renew(bucket);
    expect(await inForce(cache, bucket)).toBe(A);
    expect(bucket.source.written?.()).toEqual({ writer: 'LTAIwriter', writtenAt: 1 });
    written.remove();
    await cache.renew(bucket);
    expect(await inForce(cache, bucket)).toBe('none');
    expect(cache.status('b')).toMatchObject({ state: 'fresh', failure: null });
  });

  test.each<[string, (written: ReturnType<typeof memory>) => void, object | null]>([
    ['a later entry cannot be read', ({ spoil }) => spoil(), { writer: 'LTAIwriter', writtenAt: 1 }],
    ['the register does not answer', ({ fail }) => fail('away'), { writer: 'LTAIwriter', writtenAt: 1 }],
    ['the register has lost the entry', ({ lose }) => lose(), null],
  ])('have the writer of those in force, if it is known: %s', async (_, breaks, writer) => {
    const [cache, written] = [storage.newCache(), memory()];
    const bucket = written.bucket();
    written.put(A);
    await cache.renew(bucket);
    breaks(written);
    await cache.renew(bucket);
    expect([await inForce(cache, bucket), bucket.source.written?.()]).toEqual([A, writer]);
  });

  test.each<[string, (written: ReturnType<typeof memory>) => void, string]>([
    ['the register does not answer', ({ fail }) => fail('it is away'), 'it is away'],
    ['the register has lost the entry', ({ lose }) => lose(), 'the memory has lost the rules of b'],
  ])('stay in force if %s, with the cause', async (_, breaks, cause) => {
    const [cache, written] = [storage.newCache(), memory()];
    const bucket = written.bucket();
    written.put(A);
    await cache.renew(bucket);
    breaks(written);
    await cache.renew(bucket);
    expect(await inForce(cache, bucket)).toBe(A);
    expect(cache.status('b')).toMatchObject({
      state: 'stale',
      failure: { cause, cure: expect.stringMatching(/^Write the rules again/) },
    });
  });

  test.each<[string, number]>([
    ['stay in force', 0],
    ['are given up, and are not "none",', MAX_STALE + 1],
  ])(
    '%s after a restart if the register has lost the entry and a stored copy is %i ms old',
    async (_, age) => {
      await copyOf(A, -age);
      const [copy, written] = [storage.copy(), memory()];
      const [cache, bucket] = [storage.newCache(), written.bucket()];
      expect(await inForce(cache, bucket)).toBe(age === 0 ? A : 'unavailable');
      expect(cache.status('b')).toMatchObject({
        state: age === 0 ? 'stale' : 'unavailable',
        failure: { cause: 'the memory has lost the rules of b' },
      });
      await cache.refresh(bucket);
      await cache.restore();
      expect(storage.stored).toBe(copy);
      // The deletion is an entry: it replaces what the copy has.
      written.remove();
      await cache.renew(bucket);
      expect(await inForce(cache, bucket)).toBe('none');
      expect(storage.copy().outcome).toBe('none');
      written.lose();
      expect(await inForce(storage.newCache(), bucket)).toBe('none');
    },
  );

  test('are asked for before any stored copy: an older copy never answers a request', async () => {
    const [cache, written] = [storage.newCache(), memory()];
    written.put(B);
    // A late instance stored it, and its clock is ahead.
    await copyOf(A, 30_000);
    expect(await inForce(cache, written.bucket())).toBe(B);
    expect(written.reads()).toBe(1);
  });

  test('come from a stored copy only if the register does not answer and no rules are known', async () => {
    const [cache, written] = [storage.newCache(), memory()];
    const bucket = written.bucket();
    written.fail('it is away');
    await copyOf(A);
    expect(await inForce(cache, bucket)).toBe(A);
    expect(cache.status('b')).toMatchObject({ state: 'stale', failure: { cause: 'it is away' } });
    written.fail(null);
    written.put(B);
    await cache.renew(bucket);
    await copyOf(A, 30_000);
    written.fail('it is away');
    // Long enough that another source's copy would be recalled.
    storage.clock += 4 * DUE;
    await cache.renew(bucket);
    expect(await inForce(cache, bucket)).toBe(B);
  });

  test('are asked for when another process reports an older version, whose copy is later by its clock', async () => {
    const [cache, written] = [storage.newCache(), memory()];
    const bucket = written.bucket();
    written.put(B);
    await cache.renew(bucket);
    storage.clock += 10;
    await copyOf(A, 30_000);
    await cache.learn(bucket, storage.copy().version);
    expect(await inForce(cache, bucket)).toBe(B);
    expect(written.reads()).toBe(2);
  });

  test('are not replaced by a load that read the entry before it', async () => {
    const held: (() => void)[] = [];
    let holds = false;
    const slow: Register = {
      name: 'slow',
      write: async () => {},
      read: async () => {
        const entry = { document: rulesFor(holds ? A : B), writer: 'w', writtenAt: 1 };
        if (holds) await new Promise<void>((resolve) => held.push(resolve));
        return entry;
      },
    };
    const cache = storage.newCache();
    const bucket = bucketWith(registerSource(slow, 'b'));
    holds = true;
    const first = cache.current(bucket);
    await settled(() => held.length === 1);
    holds = false;
    const renewed = cache.renew(bucket);
    held[0]?.();
    await Promise.all([first, renewed]);
    expect(await inForce(cache, bucket)).toBe(B);
  });
});
