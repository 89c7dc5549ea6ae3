import { describe, expect, test } from 'vitest';
import type { RegisterOutcome, ToPrimary } from '../../../src/node/cluster/messages.ts';
import { createRegisterProxy, type RegisterProxy } from '../../../src/node/cluster/register-proxy.ts';
import { createRegisterServer } from '../../../src/node/cluster/register-server.ts';
import type { Register, RegisterEntry } from '../../../src/rules/register.ts';

const ENTRY: RegisterEntry = { document: null, writer: 'LTAIwriter', writtenAt: 1 };

/** A worker process whose messages reach a primary with this register, and back. */
function connected(register: Register | null) {
  const written: string[] = [];
  const serve = createRegisterServer(register, (key) => written.push(key));
  let isAlive = true;
  const proxy: RegisterProxy = createRegisterProxy('the memory', async (message: ToPrimary) => {
    if (message.kind !== 'registerRead' && message.kind !== 'registerWrite') return false;
    const send = (reply: { kind: string; id?: number; outcome?: RegisterOutcome }): void => {
      if (isAlive && reply.outcome !== undefined) proxy.settle(reply.id ?? 0, reply.outcome);
    };
    void serve(send, structuredClone(message));
    return true;
  });
  return {
    proxy,
    written,
    ends: () => {
      isAlive = false;
    },
  };
}

function memory(write: Register['write'] = async () => {}) {
  const entries = new Map<string, RegisterEntry>();
  const register: Register = {
    name: 'the memory',
    read: async (key) => entries.get(key) ?? null,
    write: async (key, entry) => {
      await write(key, entry);
      entries.set(key, entry);
    },
  };
  return { register, entries };
}

describe('a worker process', () => {
  test('reads and writes the register of the primary, which hears of each write', async () => {
    const { register, entries } = memory();
    const { proxy, written } = connected(register);
    expect(await proxy.register.read('b')).toBeNull();
    await proxy.register.write('b', ENTRY);
    expect([entries.get('b'), await proxy.register.read('b'), written]).toEqual([ENTRY, ENTRY, ['b']]);
  });

  test('gets the message of a call that failed in the primary, which loads the rules: they may be stored', async () => {
    const { register } = memory(() => Promise.reject(new Error('the disk is full')));
    const { proxy, written } = connected(register);
    await expect(proxy.register.write('b', ENTRY)).rejects.toThrow('the disk is full');
    await expect(connected(null).proxy.register.read('b')).rejects.toThrow('there is no storage for rules');
    expect(written).toEqual(['b']);
  });

  test('that ends during a write leaves a whole entry, which the primary puts into force', async () => {
    const gate = Promise.withResolvers<void>();
    const { register, entries } = memory(() => gate.promise);
    const { proxy, written, ends } = connected(register);
    const writing = proxy.register.write('b', ENTRY);
    ends();
    gate.resolve();
    proxy.giveUp();
    await expect(writing).rejects.toThrow('the primary process has not answered for the memory');
    await new Promise((resolve) => setImmediate(resolve));
    expect([entries.get('b'), written]).toEqual([ENTRY, ['b']]);
  });
});
