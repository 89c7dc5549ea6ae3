import { beforeEach, describe, expect, test } from 'vitest';
import { kvRegister } from '../../src/cloudflare/kv-register.ts';
import type { RegisterEntry } from '../../src/rules/register.ts';
import { rulesFor } from '../node/transport/_store.ts';

/** Milliseconds that KV may be behind a write. */
const BEHIND = 60_000;

const entry = (name: string, writtenAt: number): RegisterEntry => ({
  document: rulesFor(`https://${name}.example`),
  writer: 'LTAIwriter',
  writtenAt,
});

describe('rules that clients write, in KV', () => {
  let clock = 0;
  let stored: Map<string, string>;
  /** What reads give in place of what is stored. */
  let seen: string | null | undefined;
  let failure: string | null = null;
  beforeEach(() => {
    clock = 1_000;
    stored = new Map();
    seen = undefined;
    failure = null;
  });

  const kv = {
    get: async (key: string) => {
      if (failure !== null) throw new Error(failure);
      return seen === undefined ? (stored.get(key) ?? null) : seen;
    },
    put: async (key: string, text: string) => {
      if (failure !== null) throw new Error(failure);
      stored.set(key, text);
    },
  };
  const isolate = () =>
    kvRegister(
      kv,
      (work) => work,
      () => clock,
    );

  test('are what another isolate reads, under a key of their own', async () => {
    const [one, other] = [isolate(), isolate()];
    expect(await one.read('b')).toBeNull();
    await one.write('b', entry('a', 1));
    expect(await other.read('b')).toMatchObject(entry('a', 1));
    expect([...stored.keys()]).toEqual(['register/b']);
    expect(await other.read('c')).toBeNull();
  });

  test('are the isolate’s own last write while KV still gives what was there before', async () => {
    const one = isolate();
    await one.write('b', entry('a', 1));
    const old = stored.get('register/b') ?? null;
    await one.write('b', entry('b', 2));
    for (const behind of [old, null]) {
      seen = behind;
      expect(await one.read('b')).toMatchObject(entry('b', 2));
    }
    // By then KV has it, or a write that came after it.
    seen = old;
    clock += BEHIND;
    expect(await one.read('b')).toMatchObject(entry('a', 1));
  });

  test('are another isolate’s later write at once where KV gives it', async () => {
    const [one, other] = [isolate(), isolate()];
    await one.write('b', entry('a', 1));
    await other.write('b', entry('b', 2));
    expect(await one.read('b')).toMatchObject(entry('b', 2));
  });

  test('cannot be read or written while KV fails, and stay as they were', async () => {
    const one = isolate();
    await one.write('b', entry('a', 1));
    failure = '429 Too Many Requests';
    await expect(one.write('b', entry('b', 2))).rejects.toThrow(
      "the key register/b in the KV namespace RULES_KV can't be written: 429 Too Many Requests",
    );
    await expect(isolate().read('b')).rejects.toThrow(
      "register/b in the KV namespace RULES_KV can't be read",
    );
    failure = null;
    expect(await one.read('b')).toMatchObject(entry('a', 1));
  });

  test('cannot be read from a damaged entry, and the next write replaces it', async () => {
    stored.set('register/b', '{}');
    const one = isolate();
    await expect(one.read('b')).rejects.toThrow('is not of format 1');
    await one.write('b', entry('a', 1));
    expect(await one.read('b')).toMatchObject(entry('a', 1));
  });
});
