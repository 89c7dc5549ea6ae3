import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAws, openFetch } from './_clients.ts';
import { SKIPPED } from './_programs.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { OBJECT_WAYS, useWays } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('awscli');

const aws = openAws(ways);
const fetched = openFetch(ways);

describe.skipIf(SKIPPED).each(OBJECT_WAYS)('awscli, %s', (name) => {
  test('a tree with empty files and odd names goes up and comes down', async () => {
    const way = ways.way(name);
    const [up, down] = [ways.folder(), ways.folder()];
    writeTree(up);
    const there = `s3://${way.bucket}/tree`;
    await aws(way, 's3', 'sync', up, there, '--only-show-errors');
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual(DIGESTS);
    expect(await aws(way, 's3', 'sync', up, there), 'work of a second sync').toBe('');
    await aws(way, 's3', 'sync', there, down, '--only-show-errors');
    expect(readTree(down)).toEqual(DIGESTS);
    await aws(way, 's3', 'rm', '--recursive', there, '--only-show-errors');
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual({});
  });

  test('a file goes up in three parts, is copied, and comes down whole and in a range', async () => {
    const way = ways.way(name);
    const [file, back] = [join(ways.folder(), 'large'), join(ways.folder(), 'back')];
    writeFileSync(file, LARGE);
    const [large, copied] = [`s3://${way.bucket}/large`, `s3://${way.bucket}/copied`];
    await aws(way, 's3', 'cp', file, large, '--only-show-errors');
    expect(await ways.witness.parts(way.bucket, 'large')).toBe(3);
    await aws(way, 's3', 'cp', large, copied, '--only-show-errors');
    await aws(way, 's3', 'cp', copied, back, '--only-show-errors');
    expect(digest(readFileSync(back))).toBe(digest(LARGE));
    const object = ['--bucket', way.bucket, '--key', 'copied', '--range', 'bytes=5242870-5242889'];
    const part = JSON.parse(await aws(way, 's3api', 'get-object', ...object, back));
    expect(part).toMatchObject({ ContentRange: `bytes 5242870-5242889/${LARGE.length}`, ContentLength: 20 });
    expect(readFileSync(back)).toEqual(LARGE.subarray(5242870, 5242890));
  });

  test('a URL that it presigns gives the object', async () => {
    const way = ways.way(name);
    await ways.witness.put(way.bucket, 'a+b c.txt', 'presigned');
    const url = (await aws(way, 's3', 'presign', `s3://${way.bucket}/a+b c.txt`)).trim();
    expect(await fetched(way, url)).toBe('presigned');
  });
});
