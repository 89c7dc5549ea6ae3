import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDisk } from '../../../src/node/files/disk.ts';
import { readIfChanged, readTextFile } from '../../../src/node/files/text-file.ts';
import { ENCODINGS } from '../../helpers/encodings.ts';
import { until } from '../../helpers/until.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'text-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

const MOST = 100_000;
const read = (file = path, pipe = false) => readTextFile(file, { maxBytes: MOST, pipe });

describe('a file', () => {
  test('is read whole as UTF-8, up to the limit', async () => {
    for (const text of ['', 'ünï', 'x'.repeat(MOST)]) {
      await writeFile(path, text);
      expect(await read()).toMatchObject({ text });
    }
  });

  test.each(ENCODINGS)('is read from %s', async (_, encode) => {
    await writeFile(path, encode('ünï 😀'));
    expect(await read()).toMatchObject({ text: 'ünï 😀' });
  });

  test('with the known stamp is not read', async () => {
    await writeFile(path, 'a');
    const found = await read();
    if ('fault' in found) throw new Error(found.fault);
    expect(await readIfChanged(path, found.stamp, { maxBytes: MOST })).toBeNull();
    await writeFile(path, 'b');
    expect(await readIfChanged(path, found.stamp, { maxBytes: MOST })).toMatchObject({ text: 'b' });
  });

  test('longer than the limit is not read', async () => {
    await writeFile(path, 'x'.repeat(MOST + 1));
    expect(await read()).toEqual({
      fault: 'has 100001 bytes, more than the 100000 it may have',
      code: 'EFBIG',
    });
  });

  test('that is missing or a folder is a fault', async () => {
    expect(await read()).toMatchObject({
      fault: expect.stringContaining("can't be read: ENOENT"),
      code: 'ENOENT',
    });
    expect(await read(folder)).toEqual({ fault: 'is not a file', code: 'EISDIR' });
  });

  test.runIf(existsSync('/dev/zero'))('that is a device is a fault and is not opened', async () => {
    expect(await read('/dev/zero', true)).toEqual({ fault: 'is not a file', code: 'EINVAL' });
  });

  test.runIf(existsSync('/proc/self/status'))('of unknown size is read to its end', async () => {
    expect(await read('/proc/self/status')).toMatchObject({ text: expect.stringContaining('Pid:') });
  });
});

describe.runIf(existsSync('/usr/bin/mkfifo'))('a pipe', () => {
  beforeEach(() => void execFileSync('mkfifo', [path]));

  test('is a fault if only files are allowed, without a wait for its writer', async () => {
    expect(await read()).toEqual({ fault: 'is not a file', code: 'EINVAL' });
  });

  test('without a writer is empty', async () => {
    expect(await read(path, true)).toMatchObject({ text: '' });
  });

  test('is read to its end, also from a slow writer', async () => {
    // Opened for reading and writing, so that it does not wait for the reader.
    const writer = await open(path, 'r+');
    const reading = read(path, true);
    for (const text of ['one ', 'two ', 'three']) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      await writer.write(text);
    }
    await writer.close();
    expect(await reading).toMatchObject({ text: 'one two three' });
  });

  test('with more bytes than the limit is a fault', async () => {
    const writer = spawn('head', ['-c', String(MOST * 2), '/dev/zero'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const shell = spawn('sh', ['-c', `cat > ${path}`], { stdio: ['pipe', 'ignore', 'ignore'] });
    writer.stdout.pipe(shell.stdin).on('error', () => {});
    const holder = await open(path, 'r+');
    expect(await read(path, true)).toEqual({
      fault: 'has more bytes than the 100000 it may have',
      code: 'EFBIG',
    });
    await holder.close();
    shell.kill('SIGKILL');
    writer.kill('SIGKILL');
  });

  test('with a silent writer fails at the limit, and its disk is free again', async () => {
    const writer = await open(path, 'r+');
    const disk = openDisk(100);
    expect(await readTextFile(path, { maxBytes: MOST, pipe: true, disk })).toEqual({
      fault: "can't be read: no answer within 0.1 seconds",
      code: 'ETIMEDOUT',
    });
    const other = join(folder, 'other');
    await writeFile(other, 'text');
    await until(
      'another file is read',
      async () => 'text' in (await readTextFile(other, { maxBytes: MOST, disk })),
    );
    await writer.close();
  });
});
