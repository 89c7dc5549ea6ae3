import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isDirectoryBucketError, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { until } from '../../helpers/until.ts';
import { openTestBucket } from './_bucket.ts';

let around = '';
beforeEach(async () => {
  around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
  await mkdir(join(around, 'bucket'));
  await writeFile(join(around, 'file'), '');
});
afterEach(() => rm(around, { recursive: true }));

const KEYS = { accessKeyId: 'id', accessKeySecret: 'secret' };

const failure = async (options: Parameters<typeof openDirectoryBucket>[0]): Promise<unknown> => {
  const open = await openDirectoryBucket(options).catch((error: unknown) => error);
  if (open instanceof Error) return open;
  throw new Error('the bucket was opened');
};

describe('a bucket that cannot be opened reports that', () => {
  test.each([
    ['the folder is missing', 'none', 'folder_missing', /can't be found \(ENOENT\): make it/],
    ['the folder is a file', 'file', 'folder_not_directory', /is not a folder: name the folder/],
  ])('%s', async (_, name, problem, message) => {
    const folder = join(around, name);
    const error = await failure({ folder });
    expect(isDirectoryBucketError(error)).toBe(true);
    expect(error).toMatchObject({ problem, folder, message: expect.stringMatching(message) });
    expect(error).toMatchObject({ message: expect.stringContaining(folder) });
    expect(error).toMatchObject({ message: expect.not.stringContaining('\n') });
  });

  test.runIf(existsSync('/proc/self'))('the folder is not writable, not even for root', async () => {
    expect(await failure({ folder: '/proc/self' })).toMatchObject({
      problem: 'folder_not_writable',
      message: expect.stringMatching(/\/proc\/self can't be written to/),
    });
  });

  test('the rules file is inside the folder', async () => {
    const folder = join(around, 'bucket');
    await symlink(folder, join(around, 'alias'));
    const inside = { problem: 'rules_file_in_folder' };
    expect(await failure({ folder, rulesFile: join(folder, 'r.xml') })).toMatchObject(inside);
    expect(await failure({ folder: join(around, 'alias'), rulesFile: join(folder, 'r.xml') })).toMatchObject(
      inside,
    );
  });

  test('other machines could write to it without a signature', async () => {
    const folder = join(around, 'bucket');
    const message = expect.stringMatching(
      /^the bucket folder .* can't be served on 0\.0\.0\.0, .* or set dangerouslyOpen$/,
    );
    expect(await failure({ folder, host: '0.0.0.0' })).toMatchObject({ problem: 'open_to_others', message });
    for (const allowed of [{ dangerouslyOpen: true }, { credentials: KEYS }]) {
      const open = await openDirectoryBucket({ folder, host: '0.0.0.0', ...allowed });
      await open.close();
    }
  });

  test('the port is in use', async () => {
    const folder = join(around, 'bucket');
    const open = await openDirectoryBucket({ folder });
    const port = Number(new URL(open.url).port);
    expect(await failure({ folder, port })).toMatchObject({
      problem: 'cannot_listen',
      message: expect.stringContaining(`port ${port} (EADDRINUSE)`),
    });
    await open.close();
  });
});

test('the rules file lies beside the folder, also if the folder is given with a slash at the end', async () => {
  const open = await openDirectoryBucket({ folder: `${around}/bucket/` });
  expect(open.rulesFile).toBe(join(around, 'bucket.cors.xml'));
  expect(await readdir(join(around, 'bucket'))).toEqual([]);
  await open.close();
});

describe('closing', () => {
  test('waits for a request in flight and accepts no new one', async () => {
    const bucket = await openTestBucket();
    const socket = bucket.connect('PUT /late HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nla');
    await until('the upload has begun', async () => (await bucket.files()).length === 1);
    const closing = bucket.open.close();
    await expect(fetch(`${bucket.open.url}/late`)).rejects.toThrow();
    socket.write('te');
    let text = '';
    for await (const chunk of socket) text += chunk;
    await closing;
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(await bucket.files()).toEqual(['late']);
    await bucket.end();
  });

  test('cuts off an upload that does not end, removes its files, and may be called twice', async () => {
    const bucket = await openTestBucket();
    const socket = bucket.connect('PUT /new/never HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nne');
    await until('the upload has begun', async () => (await bucket.files()).length === 2);
    await Promise.all([bucket.open.close(), bucket.open.close()]);
    expect(await bucket.files()).toEqual([]);
    socket.destroy();
    await bucket.end();
  });
});

describe('a bucket without keys', () => {
  test('refuses every request for a foreign Host (DNS rebinding)', async () => {
    const bucket = await openTestBucket();
    try {
      for (const [method, path] of [
        ['PUT', '/evil'],
        ['PUT', '/?cors'],
        ['GET', '/?cors'],
      ] as const) {
        const headers = { host: 'evil.test' };
        const answered = await bucket.call(method, path, {
          headers,
          ...(method === 'PUT' && { body: 'evil' }),
        });
        expect(answered).toMatchObject({ status: 403, headers: { 'x-content-type-options': 'nosniff' } });
        expect(String(answered.body)).toContain('<Code>AccessDenied</Code>');
      }
      expect(await bucket.files()).toEqual([]);
    } finally {
      await bucket.end();
    }
  });
});
