import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from './_command.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce } from './_rules.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { useWays, WAYS, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('awscli');

/** One attempt only: a retry would hide a fault. */
async function aws(way: Way, ...args: string[]): Promise<string> {
  const { endpoint, style } = way;
  const config = join(ways.folder(), 'config');
  const multipart = 'multipart_threshold = 5MB\n  multipart_chunksize = 5MB';
  writeFileSync(
    config,
    `[default]\nregion = us-east-1\ns3 =\n  addressing_style = ${style}\n  ${multipart}\n`,
  );
  const { stdout } = await command('aws', ['--endpoint-url', endpoint, '--output', 'json', ...args], {
    env: { ...ways.env(way), AWS_CONFIG_FILE: config, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '' },
  });
  return String(stdout);
}

describe.skipIf(SKIPPED).each(WAYS)('awscli, %s', (name) => {
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

  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    const cors = (way: Way, act: string, ...more: string[]) =>
      aws(way, 's3api', `${act}-bucket-cors`, '--bucket', way.bucket, ...more);
    await expectRulesInForce(ways.way(name), ways.witness, {
      put: (way, rules) => cors(way, 'put', '--cors-configuration', JSON.stringify(rules)),
      get: (way) => cors(way, 'get'),
      remove: (way) => cors(way, 'delete'),
    });
  });

  test('a URL that it presigns gives the object', async () => {
    const way = ways.way(name);
    await ways.witness.put(way.bucket, 'a+b c.txt', 'presigned');
    const url = (await aws(way, 's3', 'presign', `s3://${way.bucket}/a+b c.txt`)).trim();
    const { stdout } = await command('curl', ['-sS', '--fail', url], { env: ways.env(way) });
    expect(String(stdout)).toBe('presigned');
  });
});
