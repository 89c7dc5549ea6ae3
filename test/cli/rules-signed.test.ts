import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rules } from '../../src/cli/rules.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { runCommand } from './_command.ts';

const run = (line: readonly string[], options?: Parameters<typeof runCommand>[2]) =>
  runCommand(rules, line, options);

let folder = '';
const at = (name: string): string => join(folder, name);

describe('signed', () => {
  const KEYS = { accessKeyId: 'the-key', accessKeySecret: 'hush-hush' };
  const ENV = {
    oss: { OSS_ACCESS_KEY_ID: 'the-key', OSS_ACCESS_KEY_SECRET: 'hush-hush' },
    s3: { AWS_ACCESS_KEY_ID: 'the-key', AWS_SECRET_ACCESS_KEY: 'hush-hush' },
  };
  let bucket: OpenDirectoryBucket;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rules-signed-'));
    await writeFile(at('one.xml'), rulesFor('https://a.example.com'));
    await mkdir(at('media'));
    bucket = await openDirectoryBucket({ folder: at('media'), credentials: KEYS });
  });
  afterAll(async () => {
    await bucket.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['OSS V4', ['--region', 'cn-hangzhou'], ENV.oss],
    ['OSS V1', ['--signature', 'v1'], ENV.oss],
    ['SigV4', ['--store', 's3', '--region', 'us-east-1'], ENV.s3],
  ])('by %s puts, adds, gets and deletes', async (_, flags, env) => {
    const line = [bucket.url, '--bucket-name', 'media', ...flags];
    expect(await run(['put', at('one.xml'), ...line, '--yes'], { env })).toMatchObject({
      code: 0,
      stderr: '',
    });
    const added = ['--origin', 'https://n.example.com', '--method', 'GET', '--yes'];
    expect(await run(['add', ...line, ...added], { env })).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await run(['get', ...line], { env });
    expect(stdout.match(/https:[^<]*/g)).toEqual(['https://a.example.com', 'https://n.example.com']);
    expect(await run(['delete', ...line, '--yes'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['get', ...line], { env })).toMatchObject({ code: 1 });
  });

  test('by another secret is refused, and no message has it', async () => {
    const env = { OSS_ACCESS_KEY_ID: 'the-key', OSS_ACCESS_KEY_SECRET: 'wrong-secret' };
    const line = ['get', bucket.url, '--bucket-name', 'media', '--region', 'cn-hangzhou'];
    const { code, stderr } = await run(line, { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/403 SignatureDoesNotMatch.*Check the secret/);
    expect(stderr).not.toMatch(/wrong-secret|the-key/);
  });

  test('by no keys is refused, and the line says what to set', async () => {
    const { code, stderr } = await run(['put', at('one.xml'), bucket.url, '--yes']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/403 AccessDenied.*Set keys/)]);
  });
});
