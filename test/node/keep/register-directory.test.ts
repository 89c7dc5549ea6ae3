import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryRegister } from '../../../src/node/keep/register-directory.ts';
import type { RegisterEntry } from '../../../src/rules/register.ts';
import { rulesFor } from '../transport/_store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'register-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry = (origin: string): RegisterEntry => ({
  document: rulesFor(origin),
  writer: 'LTAIwriter',
  writtenAt: 1_700_000_000_000,
});
const A = entry('https://a.example');
const B = entry('https://b.example');

const onlyFile = async (): Promise<string> => {
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? '');
};

describe('a register in the state directory', () => {
  test('has nothing at first, then the last write, also for a later process', async () => {
    const register = directoryRegister(folder);
    expect(await register.read('b')).toBeNull();
    await register.write('b', A);
    expect(await register.read('b')).toMatchObject(A);
    await register.write('b', { ...B, document: null });
    expect(await directoryRegister(folder).read('b')).toMatchObject({ document: null });
    expect(await register.read('c')).toBeNull();
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('has one file with a safe name for each bucket, for any name of a bucket', async () => {
    const register = directoryRegister(folder);
    const names = ['b', 'B', '../b', '..', '/etc/passwd', 'a\0b', 'ü'.repeat(400), 'a:b', ' '];
    for (const [at, name] of names.entries()) await register.write(name, entry(`https://${at}.example`));
    for (const [at, name] of names.entries())
      expect(await register.read(name)).toMatchObject(entry(`https://${at}.example`));
    expect(await readdir(folder)).toHaveLength(names.length);
  });

  test('has the whole entry of the last of several writes at once, and no other file', async () => {
    const origins = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(origins, async (numbers) => {
        const register = directoryRegister(folder);
        const seen: (RegisterEntry | null)[] = [];
        const writes = numbers.map((number) => register.write('b', entry(`https://${number}.example`)));
        const reads = numbers.map(async () => seen.push(await register.read('b')));
        await Promise.all([...writes, ...reads]);
        expect(await register.read('b')).toMatchObject(entry(`https://${numbers.at(-1)}.example`));
        expect(seen).toHaveLength(numbers.length);
        await onlyFile();
      }),
      { numRuns: 20 },
    );
  });

  test.each<[string, string, RegExp]>([
    ['empty', '', /is incomplete/],
    ['of another format', '{"format":2}', /is not of format 1/],
    ['too long', ' '.repeat(600_000), /bytes, more than/],
  ])(
    'rejects a read of a file that is %s, with its name, and the next write replaces it',
    async (_, text, fault) => {
      const register = directoryRegister(folder);
      await register.write('b', A);
      const file = await onlyFile();
      await writeFile(file, text);
      await expect(register.read('b')).rejects.toThrow(file);
      await expect(register.read('b')).rejects.toThrow(fault);
      await register.write('b', B);
      expect(await register.read('b')).toMatchObject(B);
    },
  );

  test('rejects reads and writes while the folder is missing, and has its entry when it is back', async () => {
    const register = directoryRegister(folder);
    await register.write('b', A);
    await rename(folder, `${folder}-away`);
    await expect(register.read('b')).rejects.toThrow(`the state directory ${folder} can't be read: ENOENT`);
    await expect(register.write('b', B)).rejects.toThrow(/can't be written: ENOENT/);
    await rename(`${folder}-away`, folder);
    expect(await register.read('b')).toMatchObject(A);
  });

  test('rejects a write where a folder is in the way, without the name of a temporary file, and leaves none', async () => {
    const register = directoryRegister(folder);
    await register.write('b', A);
    const file = await onlyFile();
    await rm(file);
    await mkdir(join(file, 'x'), { recursive: true });
    await expect(register.write('b', B)).rejects.toThrow(/json can't be written: \w+: [a-z -]+$/);
    await onlyFile();
  });
});
