import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportFile } from '../../../src/export/target.ts';
import { keyOf, openOutput } from '../../../src/node/watch/output.ts';

const file = (text: string): ExportFile => ({ name: 'cors.conf', use: '', text });

describe('the files of a watched export', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watch-output-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (save: (files: readonly ExportFile[]) => Promise<void>, hasCommand = true) =>
    openOutput({
      path: join(folder, 'cors.conf'),
      hasCommand,
      others: (text) => (text.startsWith('#') ? [join(folder, 'cors.location.inc')] : null),
      fault: async () => null,
      save,
    });
  const saveBoth = async (files: readonly ExportFile[]) => {
    for (const [at, name] of ['cors.conf', 'cors.location.inc'].entries())
      await writeFile(join(folder, name), files[at]?.text ?? '');
  };
  const isMarked = () =>
    access(join(folder, 'cors.conf.pending')).then(
      () => true,
      () => false,
    );

  it('finds no file, an export with all of its files, and a file that is no export', async () => {
    const output = open(saveBoth);
    expect(await output.look()).toEqual({ content: null, isPending: false, isExport: false });
    await output.write([file('# a'), file('b')]);
    expect(await output.look()).toEqual({
      content: { key: keyOf(['# a', 'b']), version: null },
      isPending: true,
      isExport: true,
    });
    await writeFile(join(folder, 'cors.conf'), 'mine');
    expect(await output.look()).toMatchObject({ content: { key: keyOf(['mine']) }, isExport: false });
  });

  it('is marked before the file is written, until the command has succeeded', async () => {
    let wasMarked = false;
    const output = open(async (files) => {
      wasMarked = await isMarked();
      await saveBoth(files);
    });
    await output.write([file('# a')]);
    expect(wasMarked).toBe(true);
    expect(await isMarked()).toBe(true);
    expect(await readFile(join(folder, 'cors.conf.pending'), 'utf8')).toMatch(/has not succeeded since\.\n$/);
    await output.settle();
    expect(await isMarked()).toBe(false);
  });

  it('needs no mark without a command', async () => {
    const output = open(saveBoth, false);
    await writeFile(join(folder, 'cors.conf.pending'), '');
    await output.write([file('# a')]);
    expect(await output.look()).toMatchObject({ isPending: false });
  });

  it('distinguishes texts by where one ends', () => expect(keyOf(['ab', 'c'])).not.toBe(keyOf(['a', 'bc'])));
});
