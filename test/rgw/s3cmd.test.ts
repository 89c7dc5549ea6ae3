import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { command } from './_command.ts';
import { DNS_NAME } from './_gateway.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce, ruleSetOf } from './_rules.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { useWays, WAYS, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('s3cmd');

async function s3cmd(way: Way, ...args: string[]): Promise<string> {
  const { host } = new URL(way.endpoint);
  const proxy = way.proxy === null ? null : new URL(way.proxy);
  const lines = [
    '[default]',
    `access_key = ${ways.gateway.accessKey}`,
    `secret_key = ${ways.gateway.secretKey}`,
    `host_base = ${host}`,
    `host_bucket = ${way.style === 'path' ? host : `%(bucket)s.${DNS_NAME}`}`,
    'use_https = False',
    'multipart_chunk_size_mb = 5',
    'bucket_location = us-east-1',
    ...(proxy === null ? [] : [`proxy_host = ${proxy.hostname}`, `proxy_port = ${proxy.port}`]),
  ];
  const config = join(ways.folder(), 'config');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const all = ['--config', config, '--no-progress', ...args];
  const { stdout, stderr } = await command('s3cmd', all, { env: ways.env(way) });
  // s3cmd makes five attempts and logs them: a retry would hide a fault.
  if (/retry/i.test(stderr)) throw new Error(`s3cmd ${args.join(' ')} tried again:\n${stderr}`);
  return String(stdout);
}

describe.skipIf(SKIPPED).each(WAYS)('s3cmd, %s', (name) => {
  test('a tree with empty files and odd names goes up, comes down and is deleted', async () => {
    const way = ways.way(name);
    const [up, down] = [ways.folder(), ways.folder()];
    writeTree(up);
    const there = `s3://${way.bucket}/tree/`;
    await s3cmd(way, 'sync', `${up}/`, there);
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual(DIGESTS);
    expect(await s3cmd(way, 'sync', `${up}/`, there), 'work of a second sync').toBe('');
    await s3cmd(way, 'sync', there, `${down}/`);
    expect(readTree(down)).toEqual(DIGESTS);
    await s3cmd(way, 'del', '--recursive', '--force', there);
    expect(await ways.witness.objects(way.bucket, 'tree/')).toEqual({});
  });

  test('a file goes up in three parts, and comes down whole and as the rest of a broken download', async () => {
    const way = ways.way(name);
    const [file, back] = [join(ways.folder(), 'large'), join(ways.folder(), 'back')];
    writeFileSync(file, LARGE);
    const there = `s3://${way.bucket}/large`;
    await s3cmd(way, 'put', file, there);
    expect(await ways.witness.parts(way.bucket, 'large')).toBe(3);
    await s3cmd(way, 'get', there, back);
    expect(digest(readFileSync(back))).toBe(digest(LARGE));
    writeFileSync(back, LARGE.subarray(0, 6_000_000));
    await s3cmd(way, 'get', '--continue', there, back);
    expect(digest(readFileSync(back))).toBe(digest(LARGE));
  });

  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    const bucket = (way: Way) => `s3://${way.bucket}`;
    await expectRulesInForce(ways.way(name), ways.witness, {
      async put(way, rules) {
        const file = join(ways.folder(), 'rules.xml');
        writeFileSync(file, toXml(ruleSetOf(JSON.stringify(rules))));
        await s3cmd(way, 'setcors', file, bucket(way));
      },
      get: async (way) => /^ +CORS: +(.*)$/m.exec(await s3cmd(way, 'info', bucket(way)))?.[1] ?? '',
      remove: (way) => s3cmd(way, 'delcors', bucket(way)),
    });
  });

  test('a URL that it presigns gives the object', async () => {
    const way = ways.way(name);
    await ways.witness.put(way.bucket, 'a+b c.txt', 'presigned');
    const url = (await s3cmd(way, 'signurl', `s3://${way.bucket}/a+b c.txt`, '+600')).trim();
    const { stdout } = await command('curl', ['-sS', '--fail', url], { env: ways.env(way) });
    expect(String(stdout)).toBe('presigned');
  });
});
