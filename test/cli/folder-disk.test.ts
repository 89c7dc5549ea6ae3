import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ossV1SignText } from '../../src/bucket/sign/oss-v1.ts';
import { call, element } from '../helpers/client.ts';
import { KEYS, signed } from '../helpers/signed.ts';
import { MOUNTS, mounts, programIn } from './_mounts.ts';
import { type Run, run, stop } from './_process.ts';

const MIB = 2 ** 20;

describe.skipIf(!mounts)(`a folder with keys on a full disk${MOUNTS}`, () => {
  let around = '';
  let edge: Run;
  let url = '';
  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'folder-disk-'));
    const folder = join(around, 'bucket');
    await mkdir(folder);
    const node = await programIn(join(around, 'node'), `mount -t tmpfs -o size=4m none ${folder}`);
    const env = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
    const options = ['--port=0', '--admin-port=0', '--bucket', folder, '--bucket-keys=env'];
    edge = run(['serve', ...options], { env, node });
    url = await edge.address('edge');
  });
  afterAll(async () => {
    await stop(edge);
    await rm(around, { recursive: true });
  });

  const ask = async (method: string, target: string, body?: Buffer | string) => {
    const toSign = { method, target, host: new URL(url).host };
    return call(url, await signed('OSS V4 header', { ...toSign, ...(body !== undefined && { body }) }));
  };
  const said = (answered: Awaited<ReturnType<typeof call>>) =>
    [answered.status, element(answered, 'Code'), element(answered, 'Message')].filter(Boolean).join(' ');
  const FULL = '500 InternalError The directory bucket could not do this: the disk says ENOSPC.';
  const keys = async () =>
    [...String((await ask('GET', '/')).body).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);

  test('leaves the old object, and no part of the new one', async () => {
    expect((await ask('PUT', '/a', 'old')).status).toBe(200);
    expect(said(await ask('PUT', '/a', Buffer.alloc(6 * MIB)))).toBe(FULL);
    expect(String((await ask('GET', '/a')).body)).toBe('old');
    // What was written of it has been removed.
    expect((await ask('PUT', '/b', Buffer.alloc(3 * MIB))).status).toBe(200);
    expect(await keys()).toEqual(['a', 'b']);
    expect((await ask('DELETE', '/b')).status).toBe(204);
  });

  test('leaves an upload whose parts cannot be joined, to be aborted', async () => {
    const part = Buffer.alloc(1.5 * MIB, 'x');
    const id = element(await ask('POST', '/whole?uploads'), 'UploadId');
    for (const number of [1, 2])
      expect((await ask('PUT', `/whole?partNumber=${number}&uploadId=${id}`, part)).status).toBe(200);
    const etag = createHash('md5').update(part).digest('hex');
    const list = [1, 2].map(
      (number) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
    expect(said(await ask('POST', `/whole?uploadId=${id}`, body))).toBe(FULL);
    expect((await ask('GET', `/whole?uploadId=${id}`)).status).toBe(200);
    expect(await keys()).toEqual(['a']);
    expect((await ask('DELETE', `/whole?uploadId=${id}`)).status).toBe(204);
    expect((await ask('PUT', '/b', Buffer.alloc(3 * MIB))).status).toBe(200);
    expect((await ask('DELETE', '/b')).status).toBe(204);
  });

  test('begins no upload that no client could abort', async () => {
    // The rest of the disk, down to its last page.
    let rest = 4 * MIB;
    while (rest >= 1024) if ((await ask('PUT', `/fill${rest}`, Buffer.alloc(rest))).status !== 200) rest /= 2;
    expect(said(await ask('POST', '/never?uploads'))).toBe(FULL);
    expect(String((await ask('GET', '/?uploads')).body)).not.toContain('<Upload>');
    for (const key of await keys()) if (key !== 'a') await ask('DELETE', `/${key}`);
  });

  test('leaves nothing of a form', async () => {
    const conditions = [['starts-with', '$key', '']];
    const expiration = new Date(Date.now() + 60_000).toISOString();
    const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
    const form = new FormData();
    const signature = await ossV1SignText(KEYS.accessKeySecret, policy);
    const fields = { key: 'form', policy, OSSAccessKeyId: KEYS.accessKeyId, Signature: signature };
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([Buffer.alloc(6 * MIB)]), 'a');
    const answered = await fetch(`${url}/`, { method: 'POST', body: form });
    expect([answered.status, await answered.text()]).toEqual([500, expect.stringContaining('ENOSPC')]);
    expect(await keys()).toEqual(['a']);
  });
});
