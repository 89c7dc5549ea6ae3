import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onlyBucket, readConfigFile } from '../../../src/config/file.ts';
import { type OpenOptions, openBuckets } from '../../../src/node/buckets/open.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import type { Register } from '../../../src/rules/register.ts';
import { keyOf, sharedKey } from '../../../src/rules/ruled-bucket.ts';
import { configOf } from '../_running.ts';

const MEMORY: Register = { name: 'the memory', read: async () => null, write: async () => {} };

const OPTIONS: OpenOptions = {
  read: () => Promise.reject(new Error('not asked')),
  exposure: { reach: 'loopback', address: '', names: [] },
  state: null,
  secrets: [],
  env: { OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: 'b' },
  register: MEMORY,
  warn: () => {},
};

/** Whether two machines with this configuration of a bucket share its rules in Redis. */
async function isShared(options: Readonly<Record<string, string>>): Promise<boolean> {
  const file = readConfigFile(JSON.stringify({ buckets: { a: options } }), 'f');
  if (!file.ok) throw new Error(JSON.stringify(file.faults));
  const [opened] = await openBuckets(file.value.buckets, [], OPTIONS);
  if (opened === undefined) throw new Error('no bucket');
  await opened.open.close();
  const key = keyOf(opened.ruled);
  return sharedKey(key, 'one') === sharedKey(key, 'other');
}

describe('machines share the rules of a bucket', () => {
  const bucket = 'https://media.oss-cn-hangzhou.aliyuncs.com';
  test.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['on a network', { bucket }, true],
    ['on loopback', { bucket: 'http://127.0.0.1:9000', credentials: 'none' }, false],
    ['whose rules are at a URL on a network', { bucket, rules: 'https://rules.example/cors.xml' }, true],
    ['whose rules are at a URL on loopback', { bucket, rules: 'http://127.0.0.1:9000/cors.xml' }, false],
    ['whose rules are at a URL on localhost', { bucket, rules: 'http://localhost/cors.xml' }, false],
    [
      'that clients write, of a bucket on loopback',
      { bucket: 'http://127.0.0.1:9000', bucketName: 'media', region: 'cn-hangzhou', management: 'keep' },
      true,
    ],
  ])('%s: with %j: %s', async (_, options, shared) => {
    expect(await isShared(options)).toBe(shared);
  });
});

test('two buckets whose rules would be stored under one name do not start', async () => {
  const options = { bucket: 'oss://media?region=cn-hangzhou', management: 'keep' };
  const file = readConfigFile(JSON.stringify({ buckets: { a: options } }), 'f');
  if (!file.ok) throw new Error(JSON.stringify(file.faults));
  const [one] = file.value.buckets;
  if (one === undefined) throw new Error('no bucket');
  const opening = openBuckets([one, { ...one, prefix: '/b' }], [], OPTIONS);
  const lines = await opening.then(() => null, startFaultLines);
  expect(lines).toEqual([
    'bucket a: the rules of two buckets would be stored under one name, a; write another name for one of them',
  ]);
});

describe('the rules that clients write for a bucket without a name', () => {
  const KEPT = { management: 'keep', region: 'cn-hangzhou' };

  /** The name of the rules in the register, or the lines of the start fault. */
  async function registered(options: Readonly<Record<string, string>>, register = MEMORY) {
    const bucket = onlyBucket(configOf({ ...KEPT, ...options }));
    try {
      const [opened] = await openBuckets([bucket], [], { ...OPTIONS, register });
      await opened?.open.close();
      return opened?.access.registerKey;
    } catch (error) {
      return startFaultLines(error);
    }
  }

  test('are stored under the path of its folder, unless an option names it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'register-name-'));
    const paths = ['one', 'other'].map((name) => join(folder, name, 'media'));
    for (const path of paths) await mkdir(path, { recursive: true });
    const names = await Promise.all(paths.map((bucket) => registered({ bucket })));
    const [bucket = ''] = paths;
    const named = await registered({ bucket, bucketName: 'photos' });
    await rm(folder, { recursive: true });
    expect([...names, named]).toEqual([...paths, 'photos']);
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp | string]>([
    ['a folder', { bucket: '.' }, /^--bucket-name is missing: with --redis edges share the rules/],
    [
      'a bucket on loopback',
      { bucket: 'http://127.0.0.1:9000/media', store: 's3' },
      /^--bucket-name is missing/,
    ],
    ['a folder that an option names', { bucket: '.', bucketName: 'media' }, 'media'],
    [
      'a bucket on a network',
      { bucket: 'oss://media?region=cn-hangzhou' },
      'media.oss-cn-hangzhou.aliyuncs.com',
    ],
  ])('%s: among machines', async (_, options, expected) => {
    const found = await registered(options, { ...MEMORY, amongMachines: true });
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toEqual([expect.stringMatching(expected)]);
  });
});
