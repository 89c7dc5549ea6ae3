import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeLeftovers } from '../../../src/node/directory/leftovers.ts';
import { openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { until } from '../../helpers/until.ts';

let around = '';
beforeEach(async () => {
  around = await mkdtemp(join(tmpdir(), 'leftovers-'));
  await mkdir(join(around, 'bucket', 'a', 'b'), { recursive: true });
  await mkdir(join(around, 'outside'));
});
afterEach(() => rm(around, { recursive: true }));

const HOUR = 3_600;
const temporary = () => `.bucket-cors-${randomUUID()}`;

/** Writes a file that was last changed some hours ago. */
async function write(hours: number, ...path: readonly string[]): Promise<string> {
  const file = join(around, ...path);
  await writeFile(file, 'x');
  const at = Date.now() / 1000 - hours * HOUR;
  await utimes(file, at, at);
  return path.slice(1).join('/');
}

const filesIn = async (folder: string) =>
  (await readdir(join(around, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(around, folder).length + 1))
    .sort();

test('a folder that opens removes temporary files of a day ago, and nothing else', async () => {
  for (const path of [[], ['a'], ['a', 'b']]) await write(25, 'bucket', ...path, temporary());
  const stay = [
    await write(23, 'bucket', 'a', temporary()),
    await write(25, 'bucket', '.bucket-cors-mine'),
    await write(25, 'bucket', 'a', `${temporary()}.txt`),
    await write(25, 'bucket', 'a', randomUUID()),
  ];
  const open = await openDirectoryBucket({ folder: join(around, 'bucket') });
  try {
    await until('the old ones are gone', async () => (await filesIn('bucket')).length === stay.length);
    expect(await filesIn('bucket')).toEqual(stay.sort());
  } finally {
    await open.close();
  }
});

test('no link is followed, and a folder that cannot be read is left out', async () => {
  const outside = await write(25, 'outside', temporary());
  const link = temporary();
  await symlink(join(around, 'outside', outside), join(around, 'bucket', link));
  await symlink(join(around, 'outside'), join(around, 'bucket', 'a', 'link'));
  await write(25, 'bucket', 'a', 'b', temporary());
  await removeLeftovers(join(around, 'bucket'), new AbortController().signal);
  expect(await filesIn('outside')).toEqual([outside]);
  expect(await filesIn('bucket')).toEqual([link, 'a/link'].sort());
  // A link in the path itself.
  await symlink(join(around, 'outside'), join(around, 'swapped'));
  await removeLeftovers(join(around, 'swapped'), new AbortController().signal);
  await removeLeftovers(join(around, 'missing'), new AbortController().signal);
  expect(await filesIn('outside')).toEqual([outside]);
});

test('a bucket that closes ends the removal', async () => {
  const left = await write(25, 'bucket', temporary());
  await removeLeftovers(join(around, 'bucket'), AbortSignal.abort());
  expect(await filesIn('bucket')).toEqual([left]);
});
