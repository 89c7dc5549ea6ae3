import { rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { until } from '../../helpers/until.ts';
import { configOf, type Started } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';
import {
  allowed,
  at,
  bucket,
  type Env,
  envOf,
  KEYS,
  ROTATED,
  running,
  SECRETS,
  STRANGE,
  showsNoSecret,
  signedConfig,
  told,
  useSignedBucket,
  WRONG,
} from './_signing.ts';

useSignedBucket();

describe('keys that change', () => {
  const put = async (file: string, credentials: Credentials) => {
    await writeFile(`${file}.new`, JSON.stringify(credentials));
    await rename(`${file}.new`, file);
  };
  const inFile = async () => {
    const file = at('keys.json');
    await put(file, KEYS);
    const config = signedConfig({ region: 'cn-hangzhou', credentials: `file:${file}` });
    const edge = await running({ ...config, rulesTtl: 3_600_000 }, {});
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    return { file, edge };
  };

  test('in a file are picked up at the next load, without a restart', async () => {
    const { file, edge } = await inFile();
    await put(file, STRANGE);
    await refreshed(edge, 'stale');
    await put(file, ROTATED);
    await writeFile(bucket().rulesFile, rulesFor('https://b.example'));
    await refreshed(edge, 'fresh');
    expect(await allowed(edge, 'https://b.example')).toBe(true);
    await showsNoSecret(edge);
  });

  test('to wrong ones leave the last good rules in force', async () => {
    const { file, edge } = await inFile();
    await put(file, WRONG);
    await refreshed(edge, 'stale');
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    const { failure, ready } = await told(edge);
    expect(ready).toBe('degraded');
    expect(failure?.cause).toContain('SignatureDoesNotMatch');
    await showsNoSecret(edge);
  });

  test.each([
    ['is removed', (file: string) => rm(file), /credentials file .*ENOENT/],
    ['no longer contains keys', (file: string) => writeFile(file, '{}'), /contains no credentials/],
    ['is half written', (file: string) => writeFile(file, '{"accessKeySecret": "geheim'), /not JSON/],
  ])('a file that %s leaves the last good rules in force', async (_, change, cause) => {
    const { file, edge } = await inFile();
    await change(file);
    await refreshed(edge, 'stale');
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    expect((await told(edge)).failure?.cause).toMatch(cause);
    await showsNoSecret(edge);
  });

  async function refreshed(edge: Started, state: string): Promise<void> {
    await edge.admin('/refresh', 'POST');
    await until(`the rules are ${state}`, async () => (await told(edge)).state === state);
  }
});

/** The lines of a start that must fail. */
async function refused(options: Record<string, string>, env: Env): Promise<readonly string[]> {
  const failed = await running(configOf(options), env).catch((error: unknown) => error);
  const lines = startFaultLines(failed);
  if (lines === null) throw failed instanceof Error ? failed : new Error('it started');
  return lines;
}

describe('a start is refused, in a line that says what to write', () => {
  const env = envOf('OSS', KEYS);
  const custom = { bucket: 'http://127.0.0.1:9' };
  test.each<readonly [string, Record<string, string>, Env, readonly RegExp[]]>([
    [
      'no name',
      { ...custom, region: 'cn-hangzhou' },
      env,
      [/^--bucket-name .*write --bucket-name my-bucket/],
    ],
    ['no region', { ...custom, bucketName: 'media' }, env, [/^--region .*cn-hangzhou, or --signature v1/]],
    [
      'no region for s3, accelerated',
      { bucket: 'https://media.s3-accelerate.amazonaws.com' },
      envOf('AWS', KEYS),
      [/^--region .*us-east-1/],
    ],
    ['neither name nor region', custom, env, [/^--bucket-name/, /^--region/]],
    ['no name for V1', { ...custom, signature: 'v1' }, env, [/^--bucket-name/]],
    [
      'no region, accelerated',
      { bucket: 'https://media.oss-accelerate.aliyuncs.com' },
      env,
      [/^--region .*cn-hangzhou/],
    ],
    [
      'no keys behind the prefix',
      { ...custom, credentials: 'env:MEDIA' },
      env,
      [/^--credentials.*set MEDIA_OSS_ACCESS_KEY_ID and MEDIA_OSS_ACCESS_KEY_SECRET/],
    ],
    [
      'no keys behind the prefix for s3',
      { ...custom, store: 's3', credentials: 'env:MEDIA' },
      env,
      [/set MEDIA_AWS_ACCESS_KEY_ID and MEDIA_AWS_SECRET_ACCESS_KEY/],
    ],
    [
      'half of the keys',
      custom,
      { OSS_ACCESS_KEY_ID: 'LTAIexample' },
      [/^--credentials.*has OSS_ACCESS_KEY_ID, but not OSS_ACCESS_KEY_SECRET/],
    ],
    [
      'a token alone',
      custom,
      { OSS_SESSION_TOKEN: 'geheim' },
      [/^--credentials.*has OSS_SESSION_TOKEN, but not OSS_ACCESS_KEY_ID/],
    ],
    ['no such file', { ...custom, credentials: 'file:/none' }, {}, [/^--credentials.*\/none.*ENOENT/]],
  ])('for %s', async (_, options, variables, expected) => {
    const lines = await refused(options, variables);
    expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)));
    for (const secret of SECRETS) expect(lines.join('\n')).not.toContain(secret);
  });

  test('for a file with keys of another form, without showing them', async () => {
    const file = at('keys');
    await writeFile(file, 'geheim-one\n');
    const lines = await refused({ ...custom, credentials: `file:${file}` }, {});
    expect(lines).toEqual([expect.stringMatching(/^--credentials.*line 1 is not of the form NAME=VALUE/)]);
    expect(lines.join('')).not.toContain('geheim');
  });
});
