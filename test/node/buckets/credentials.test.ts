import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentCredentials } from '../../../src/bucket/sign/environment.ts';
import { fileCredentials } from '../../../src/node/buckets/credentials.ts';
import { ENCODINGS } from '../../helpers/encodings.ts';

const PLAIN = { accessKeyId: 'ak', accessKeySecret: 'hush' };
const WITH_TOKEN = { ...PLAIN, securityToken: 'tok' };
const messageOf = async (ask: () => unknown): Promise<string> => {
  try {
    await ask();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was thrown');
};

describe('the environment', () => {
  test.each([
    ['nothing is set', 'oss', {}, undefined, null],
    ['all is empty', 'oss', { OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: ' ' }, undefined, null],
    ['a pair for OSS', 'oss', { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'hush\n' }, undefined, PLAIN],
    [
      'a pair and a token for OSS',
      'oss',
      { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'hush', OSS_SESSION_TOKEN: 'tok' },
      undefined,
      WITH_TOKEN,
    ],
    [
      'a pair and a token for S3',
      's3',
      { AWS_ACCESS_KEY_ID: 'ak', AWS_SECRET_ACCESS_KEY: 'hush', AWS_SESSION_TOKEN: 'tok' },
      undefined,
      WITH_TOKEN,
    ],
    [
      "the other store's pair",
      's3',
      { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'hush' },
      undefined,
      null,
    ],
    [
      "a bucket's own pair",
      'oss',
      { MEDIA_OSS_ACCESS_KEY_ID: 'ak', MEDIA_OSS_ACCESS_KEY_SECRET: 'hush', OSS_ACCESS_KEY_ID: 'other' },
      'MEDIA',
      PLAIN,
    ],
    [
      "everybody's pair where a bucket's own is asked for",
      'oss',
      { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'hush' },
      'MEDIA',
      null,
    ],
  ] as const)('%s', async (_, store, env, prefix, credentials) => {
    expect(await environmentCredentials(store, env, prefix)()).toEqual(credentials);
  });

  test.each([
    ['an id alone', { OSS_ACCESS_KEY_ID: 'hush' }, undefined, 'OSS_ACCESS_KEY_SECRET'],
    ['a secret alone', { OSS_ACCESS_KEY_SECRET: 'hush' }, undefined, 'OSS_ACCESS_KEY_ID'],
    ['a token alone', { OSS_SESSION_TOKEN: 'hush' }, undefined, 'OSS_ACCESS_KEY_ID'],
    ["a bucket's own id alone", { MEDIA_OSS_ACCESS_KEY_ID: 'hush' }, 'MEDIA', 'MEDIA_OSS_ACCESS_KEY_SECRET'],
  ])('%s is a fault that names what is missing, and no value', async (_, env, prefix, missing) => {
    const message = await messageOf(environmentCredentials('oss', env, prefix));
    expect(message).toContain(`but not ${missing}: set ${missing} too`);
    expect(message).not.toContain('hush');
  });

  test('is looked up at every request', async () => {
    const env: Record<string, string> = { AWS_ACCESS_KEY_ID: 'ak', AWS_SECRET_ACCESS_KEY: 'old' };
    const source = environmentCredentials('s3', env);
    expect(await source()).toMatchObject({ accessKeySecret: 'old' });
    env.AWS_SECRET_ACCESS_KEY = 'new';
    expect(await source()).toMatchObject({ accessKeySecret: 'new' });
  });
});

const KEYS_JSON = '{"accessKeyId": "ak", "accessKeySecret": "hush"}';

describe('a file', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-'));
    path = join(folder, 'keys');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ['JSON', KEYS_JSON, PLAIN],
    ['JSON with a token', '{"accessKeyId":"ak","accessKeySecret":"hush","securityToken":"tok"}', WITH_TOKEN],
    ['JSON behind a byte order mark', '\uFEFF\n{"accessKeyId":"ak","accessKeySecret":"hush"}', PLAIN],
    ['lines', 'OSS_ACCESS_KEY_ID=ak\nOSS_ACCESS_KEY_SECRET=hush\n', PLAIN],
    [
      'lines with all that goes with them',
      '# keys\r\n\r\nexport OSS_ACCESS_KEY_ID = "ak"\r\nOSS_ACCESS_KEY_SECRET=\'hush\'\r\nOSS_SESSION_TOKEN=tok\r\nOTHER=x\r\n',
      WITH_TOKEN,
    ],
  ])('of %s', async (_, text, credentials) => {
    await writeFile(path, text);
    expect(await fileCredentials(path, 'oss')()).toEqual(credentials);
  });

  test.each(ENCODINGS)('of lines or JSON in %s', async (_, encode) => {
    for (const text of ['OSS_ACCESS_KEY_ID=ak\nOSS_ACCESS_KEY_SECRET=hush\n', KEYS_JSON]) {
      await writeFile(path, encode(text));
      expect(await fileCredentials(path, 'oss')()).toEqual(PLAIN);
    }
  });

  test('of lines with the names of S3', async () => {
    await writeFile(path, 'AWS_ACCESS_KEY_ID=ak\nAWS_SECRET_ACCESS_KEY=hu=sh\n');
    expect(await fileCredentials(path, 's3')()).toEqual({ accessKeyId: 'ak', accessKeySecret: 'hu=sh' });
  });

  test.each([
    ['nothing', '', 'contains no credentials: write OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET'],
    ["the other store's names", 'AWS_ACCESS_KEY_ID=hush', 'contains no credentials'],
    ['half a pair', 'OSS_ACCESS_KEY_ID=hush', 'but not OSS_ACCESS_KEY_SECRET'],
    ['half a pair in JSON', '{"accessKeyId":"hush"}', 'but not accessKeySecret'],
    ['an empty document', '{}', 'write accessKeyId and accessKeySecret'],
    ['a misspelt key', '{"accessKeyID":"hush"}', 'unknown key: write accessKeyId'],
    ['another type', '{"accessKeyId":{"hush":1}}', 'accessKeyId is not a string'],
    ['broken JSON', '{"accessKeyId": hush', 'is not JSON'],
    ['a line of another form', '# ok\nhush hush', 'line 2 is not of the form NAME=VALUE'],
    ['far too much', ' '.repeat(65_537), 'has 65537 bytes, more than the 65536 it may have'],
  ])('with %s is a fault that names the file, and no value', async (_, text, said) => {
    await writeFile(path, text);
    const message = await messageOf(fileCredentials(path, 'oss'));
    expect(message).toContain(path);
    expect(message).toContain(said);
    expect(message).not.toContain('hush');
  });

  test('that is missing, or a folder, is a fault', async () => {
    const missing = await messageOf(fileCredentials(join(folder, 'none'), 'oss'));
    expect(missing).toContain("can't be read: ENOENT");
    expect(await messageOf(fileCredentials(folder, 'oss'))).toContain('is not a file');
  });

  test.each([
    ['written again', (text: string) => writeFile(path, text)],
    [
      'put in its place',
      async (text: string) => {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      },
    ],
  ])('that is %s is read again', async (_, write) => {
    await writeFile(path, 'OSS_ACCESS_KEY_ID=ak\nOSS_ACCESS_KEY_SECRET=old');
    const source = fileCredentials(path, 'oss');
    const first = await source();
    expect(first).toMatchObject({ accessKeySecret: 'old' });
    expect(await source()).toBe(first);
    await write('OSS_ACCESS_KEY_ID=ak2\nOSS_ACCESS_KEY_SECRET=new');
    expect(await source()).toEqual({ accessKeyId: 'ak2', accessKeySecret: 'new' });
    await write('half');
    await expect(source()).rejects.toThrow('NAME=VALUE');
    await write('OSS_ACCESS_KEY_ID=ak3\nOSS_ACCESS_KEY_SECRET=new');
    expect(await source()).toMatchObject({ accessKeyId: 'ak3' });
  });
});
