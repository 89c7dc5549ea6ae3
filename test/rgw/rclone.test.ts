import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFetch, openRclone } from './_clients.ts';
import { SKIPPED } from './_programs.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { OBJECT_WAYS, useWays } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('rclone');

const rclone = openRclone(ways);
const fetched = openFetch(ways);

describe.skipIf(SKIPPED).each(OBJECT_WAYS)('rclone, %s', (name) => {
  test('a tree with empty files and odd names goes up, comes down and is deleted', async () => {
    const way = ways.way(name);
    const [up, down] = [ways.folder(), ways.folder()];
    writeTree(up);
    const there = `:s3:${way.bucket}/tree`;
    await rclone(way, 'copy', up, there);
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual(DIGESTS);
    await rclone(way, 'check', '--download', up, there);
    await rclone(way, 'copy', there, down);
    expect(readTree(down)).toEqual(DIGESTS);
    await rclone(way, 'purge', there);
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual({});
  });

  test('a file goes up in three parts, and comes down whole and in a range', async () => {
    const way = ways.way(name);
    const [file, back] = [join(ways.folder(), 'large'), join(ways.folder(), 'back')];
    writeFileSync(file, LARGE);
    const there = `:s3:${way.bucket}/large`;
    await rclone(way, 'copyto', file, there);
    expect(await ways.witness.parts(way.bucket, 'large')).toBe(3);
    await rclone(way, 'copyto', there, back);
    expect(digest(readFileSync(back))).toBe(digest(LARGE));
    const part = await rclone(way, 'cat', '--offset', '5242870', '--count', '20', there);
    expect(part).toEqual(LARGE.subarray(5242870, 5242890));
  });

  test('a URL that it presigns gives the object', async () => {
    const way = ways.way(name);
    await ways.witness.put(way.bucket, 'a+b c.txt', 'presigned');
    const url = String(await rclone(way, 'link', '--expire', '10m', `:s3:${way.bucket}/a+b c.txt`)).trim();
    expect(await fetched(way, url)).toBe('presigned');
  });
});
