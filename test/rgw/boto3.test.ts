import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { command } from './_command.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce } from './_rules.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { useWays, WAYS, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('boto3');
const CLIENT = fileURLToPath(new URL('_boto3_client.py', import.meta.url));

async function boto3(way: Way, action: string, ...args: string[]): Promise<string> {
  const { endpoint, style, bucket } = way;
  const all = [CLIENT, endpoint, style, bucket, action, ...args];
  const { stdout } = await command('python3', all, { env: ways.env(way) });
  return String(stdout);
}

async function curl(way: Way, ...args: string[]): Promise<string> {
  const { stdout } = await command('curl', ['-sS', '--fail-with-body', ...args], { env: ways.env(way) });
  return String(stdout);
}

describe.skipIf(SKIPPED).each(WAYS)('boto3, %s', (name) => {
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

  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    await expectRulesInForce(ways.way(name), ways.witness, {
      put: (way, rules) => boto3(way, 'put_rules', JSON.stringify(rules)),
      get: (way) => boto3(way, 'get_rules'),
      remove: (way) => boto3(way, 'delete_rules'),
    });
  });

  test('URLs and a form that it presigns write and read an object', async () => {
    const way = ways.way(name);
    const { put, get, post } = JSON.parse(await boto3(way, 'presign', 'a+b c?.txt'));
    await curl(way, '-X', 'PUT', '--data-binary', 'by URL', put);
    expect(await curl(way, get)).toBe('by URL');
    const fields = Object.entries(post.fields).flatMap(([field, value]) => [
      '--form-string',
      `${field}=${value}`,
    ]);
    const file = join(ways.folder(), 'file');
    writeFileSync(file, 'by form');
    await curl(way, ...fields, '-F', `file=@${file}`, post.url);
    expect(await curl(way, get)).toBe('by form');
  });
});
