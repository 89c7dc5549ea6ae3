import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { openFetch, openS3cmd } from './_clients.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce, expectRulesStillInForce, RULES, ruleSetOf } from './_rules.ts';
import { s3cmdRules } from './_rules-programs.ts';
import { DIGESTS, LARGE, readTree, writeTree } from './_tree.ts';
import { OBJECT_WAYS, REGISTERED, RESIGNED, RULES_WAYS, useWays, WAYS, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('s3cmd');

const s3cmd = openS3cmd(ways);
const fetched = openFetch(ways);

describe.skipIf(SKIPPED).each(OBJECT_WAYS)('s3cmd, %s', (name) => {
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
});

describe.skipIf(SKIPPED).each(RULES_WAYS)('s3cmd, %s', (name) => {
  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    await expectRulesInForce(ways.way(name), ways.witness, s3cmdRules(ways));
  });
});

describe.skipIf(SKIPPED).each([RESIGNED[0], REGISTERED[0]])('s3cmd, %s', (name) => {
  test('signs again for the region that the refusal names', async () => {
    const way = ways.way(name);
    const file = join(ways.folder(), 'rules.xml');
    writeFileSync(file, toXml(ruleSetOf(JSON.stringify(RULES))));
    await s3cmd(way, 'setcors', file, `s3://${way.bucket}`, '--region', 'eu-central-1');
    await expectRulesStillInForce(way);
  });
});

describe.skipIf(SKIPPED)('a URL that s3cmd 2.3 presigns, by version 2 of S3 signatures,', () => {
  async function presigned(way: Way): Promise<string> {
    await ways.witness.put(way.bucket, 'a+b c.txt', 'presigned');
    return (await s3cmd(way, 'signurl', `s3://${way.bucket}/a+b c.txt`, '+600')).trim();
  }

  test.each(WAYS)('gives the object, %s', async (name) => {
    const way = ways.way(name);
    expect(await fetched(way, await presigned(way))).toBe('presigned');
  });

  test.each(RESIGNED)('is refused by name, %s', async (name) => {
    const way = ways.way(name);
    await expect(fetched(way, await presigned(way))).rejects.toThrow(
      /<Message>Unsupported Authorization Type: sign with OSS V1, OSS V4 or AWS4-HMAC-SHA256.</,
    );
  });
});
