import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../src/config/file.ts';
import { type OpenOptions, openBuckets } from '../../../src/node/buckets/open.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { keyOf, sharedKey } from '../../../src/rules/ruled-bucket.ts';

const OPTIONS: OpenOptions = {
  read: () => Promise.reject(new Error('not asked')),
  exposure: { reach: 'loopback', address: '', names: [] },
  state: null,
  env: { OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: 'b' },
  register: { name: 'the memory', read: async () => null, write: async () => {} },
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
