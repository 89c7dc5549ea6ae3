import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from './_command.ts';
import { SKIPPED } from './_programs.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { useWays, WAYS, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('rclone');

/** One attempt only: a retry would hide a fault. */
const ONCE = ['--retries', '1', '--low-level-retries', '1', '--timeout', '20s'];
const IN_PARTS = ['--s3-upload-cutoff', '5Mi', '--s3-chunk-size', '5Mi'];

async function rclone(way: Way, ...args: string[]): Promise<Buffer> {
  const store = ['--s3-provider', 'Ceph', '--s3-env-auth', '--s3-endpoint', way.endpoint];
  const style = `--s3-force-path-style=${way.style === 'path'}`;
  const env = { ...ways.env(way), RCLONE_CONFIG: '/dev/null' };
  const { stdout } = await command('rclone', [...store, style, ...ONCE, ...IN_PARTS, ...args], { env });
  return stdout;
}

describe.skipIf(SKIPPED).each(WAYS)('rclone, %s', (name) => {
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
    const { stdout } = await command('curl', ['-sS', '--fail', url], { env: ways.env(way) });
    expect(String(stdout)).toBe('presigned');
  });
});
