import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBoto3, openFetch } from './_clients.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce } from './_rules.ts';
import { boto3Rules } from './_rules-programs.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { OBJECT_WAYS, RULES_WAYS, useWays } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('boto3');
const boto3 = openBoto3(ways);
const fetched = openFetch(ways);

describe.skipIf(SKIPPED).each(OBJECT_WAYS)('boto3, %s', (name) => {
  test('a tree with empty files and odd names goes up, is listed in pages, comes down and is deleted', async () => {
    const way = ways.way(name);
    const [up, down] = [ways.folder(), ways.folder()];
    writeTree(up);
    await boto3(way, 'up', up, 'tree/');
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual(DIGESTS);
    await boto3(way, 'down', down, 'tree/');
    expect(readTree(down)).toEqual(DIGESTS);
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual({});
  });

  test('a file goes up in three parts, and comes down whole and in a range', async () => {
    const way = ways.way(name);
    const [up, down] = [ways.folder(), ways.folder()];
    writeFileSync(join(up, 'file'), LARGE);
    await boto3(way, 'up', up, 'large/');
    expect(await ways.witness.parts(way.bucket, 'large/file')).toBe(3);
    const part = JSON.parse(await boto3(way, 'get_range', 'large/file', 'bytes=-20'));
    expect(part).toEqual({
      range: `bytes ${LARGE.length - 20}-${LARGE.length - 1}/${LARGE.length}`,
      body: LARGE.subarray(-20).toString('hex'),
    });
    await boto3(way, 'down', down, 'large/');
    expect(digest(readFileSync(join(down, 'file')))).toBe(digest(LARGE));
  });

  test('URLs and a form that it presigns write and read an object', async () => {
    const way = ways.way(name);
    const { put, get, post } = JSON.parse(await boto3(way, 'presign', 'a+b c?.txt'));
    await fetched(way, '-X', 'PUT', '--data-binary', 'by URL', put);
    expect(await fetched(way, get)).toBe('by URL');
    const fields = Object.entries(post.fields).flatMap(([field, value]) => [
      '--form-string',
      `${field}=${value}`,
    ]);
    const file = join(ways.folder(), 'file');
    writeFileSync(file, 'by form');
    await fetched(way, ...fields, '-F', `file=@${file}`, post.url);
    expect(await fetched(way, get)).toBe('by form');
  });
});

describe.skipIf(SKIPPED).each(RULES_WAYS)('boto3, %s', (name) => {
  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    await expectRulesInForce(ways.way(name), ways.witness, boto3Rules(ways));
  });
});
