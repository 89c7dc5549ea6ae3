import { expect, test } from 'vitest';
import { guardedRegister } from '../../src/rules/guarded-register.ts';
import type { Register, RegisterEntry } from '../../src/rules/register.ts';

const entry = (document: string): RegisterEntry => ({ document, writer: 'LTAIa', writtenAt: 1 });
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A register whose calls take a while. */
function slow() {
  const entries = new Map<string, RegisterEntry>();
  const register: Register = {
    name: 'the memory',
    async read(key) {
      await later();
      return entries.get(key) ?? null;
    },
    async write(key, written) {
      await later();
      if (written.document === 'refused') throw new Error('the disk is full');
      entries.set(key, written);
    },
  };
  return guardedRegister(register);
}

const is = (document: string | null) => async (present: RegisterEntry | null) =>
  (present?.document ?? null) === document;

test('of several changes of one version only one is written', async () => {
  const register = slow();
  const written = await Promise.all(
    ['a', 'b', 'c'].map((document) => register.swap('bucket', is(null), entry(document))),
  );
  expect(written).toEqual([true, false, false]);
  expect(await register.read('bucket')).toEqual(entry('a'));
});

test('a write of a client waits for a change that is under way, and is not overwritten by a later one', async () => {
  const register = slow();
  const [first, , second] = await Promise.all([
    register.swap('bucket', is(null), entry('a')),
    register.write('bucket', entry('client')),
    register.swap('bucket', is('a'), entry('b')),
  ]);
  expect([first, second]).toEqual([true, false]);
  expect(await register.read('bucket')).toEqual(entry('client'));
});

test('a failed change stops no later one, and other buckets do not wait', async () => {
  const register = slow();
  const failed = register.swap('bucket', is(null), entry('refused'));
  const after = register.swap('bucket', is(null), entry('a'));
  const other = register.swap('other', is(null), entry('o'));
  await expect(failed).rejects.toThrow('the disk is full');
  expect(await Promise.all([after, other])).toEqual([true, true]);
});
