import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OSS from 'ali-oss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { type Behind, KEYS, TEMPORARY, useObjects } from './_edge.ts';

const KEY = 'dir/a b+c é(1).txt';
// Without this function the SDK logs a warning; the tests end before it is called.
const never = () => Promise.reject(new Error('the token is still good'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resign-oss-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each<readonly [name: string, behind: Behind, keys: Credentials, v4: boolean]>([
  ['V4 to V4', { store: { dialect: 'oss' } }, KEYS, true],
  ['V1 to V1, although V4 is configured', { store: { dialect: 'oss' } }, KEYS, false],
  ['V4 to V1', { store: { dialect: 'oss' }, access: { signature: 'v1' } }, KEYS, true],
  ['V1 to V1', { store: { dialect: 'oss' }, access: { signature: 'v1' } }, KEYS, false],
  ['V4 with a token', { store: { dialect: 'oss', keys: [KEYS, TEMPORARY] } }, TEMPORARY, true],
  ['V1 with a token', { store: { dialect: 'oss', keys: [KEYS, TEMPORARY] } }, TEMPORARY, false],
  ['V4 to a path-style bucket', { store: { dialect: 'oss', pathStyle: true } }, KEYS, true],
])('the SDK ali-oss through the edge, %s', (_, behind, keys, authorizationV4) => {
  const objects = useObjects([behind]);
  const client = (secret = keys.accessKeySecret) =>
    new OSS({
      accessKeyId: keys.accessKeyId,
      accessKeySecret: secret,
      ...(keys.securityToken && { stsToken: keys.securityToken, refreshSTSToken: never }),
      bucket: 'media',
      region: 'oss-cn-hangzhou',
      // A name, because the SDK signs no URLs for an IP address.
      endpoint: objects().edge.url.replace('127.0.0.1', 'localhost'),
      cname: true,
      authorizationV4,
    } as OSS.Options);

  test('puts, heads, gets, copies, lists and deletes objects', async () => {
    const oss = client();
    const { store } = objects();
    await oss.put(KEY, Buffer.from('content'), { meta: { uid: 1, pid: 1 }, mime: 'text/plain' });
    expect(store.objects.get(KEY)?.toString()).toBe('content');
    expect((await oss.head(KEY)).status).toBe(200);
    expect(String((await oss.get(KEY)).content)).toBe('content');
    expect(String((await oss.get(KEY, undefined, { headers: { Range: 'bytes=1-3' } })).content)).toBe('ont');
    await oss.copy('copy', KEY);
    expect(store.objects.get('copy')?.toString()).toBe('content');
    const listed = await oss.list({ prefix: 'dir/', 'max-keys': 10 }, {});
    expect(listed.objects.map(({ name }) => name)).toEqual([KEY]);
    await oss.delete(KEY);
    await oss.deleteMulti(['copy'], { quiet: true });
    expect(store.objects.size).toBe(0);
    await expect(oss.get(KEY)).rejects.toMatchObject({ code: 'NoSuchKey' });
    expect(store.seen.filter(({ refused }) => refused !== null)).toMatchObject([{ refused: 'NoSuchKey' }]);
    expect(store.seen.every((seen) => seen.headers.get('authorization')?.includes(keys.accessKeyId))).toBe(
      true,
    );
    // V1 covers fewer parameters: only it says no more than a client of V1 has said.
    const version = authorizationV4 && behind.access?.signature !== 'v1' ? /^OSS4-HMAC-SHA256 / : /^OSS /;
    for (const seen of store.seen) expect(seen.headers.get('authorization')).toMatch(version);
  });

  test('uploads parts, byte for byte', async () => {
    const bytes = randomBytes(300 * 1024);
    const file = join(folder, 'parts');
    await writeFile(file, bytes);
    await client().multipartUpload('parts', file, { partSize: 100 * 1024 });
    const stored = objects().store.objects.get('parts') ?? '';
    expect(createHash('sha256').update(stored).digest('hex')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
  });

  test('reads and writes by signed URLs, with their other parameters', async () => {
    const oss = client();
    const { store } = objects();
    const queries = { 'response-content-type': 'text/css' };
    const signUrl = (method: 'GET' | 'PUT') =>
      authorizationV4
        ? oss.signatureUrlV4(method, 60, { headers: {}, queries: method === 'GET' ? queries : {} }, KEY)
        : oss.signatureUrl(KEY, {
            method,
            expires: 60,
            ...(method === 'GET' && { response: { 'content-type': 'text/css' } }),
          });
    const written = await fetch(await signUrl('PUT'), { method: 'PUT', body: Buffer.from('by URL') });
    expect(written.status).toBe(200);
    const reading = await signUrl('GET');
    const answered = await fetch(reading);
    expect([await answered.text(), answered.headers.get('content-type')]).toEqual(['by URL', 'text/css']);
    expect(store.seen.at(-1)?.target).toMatch(/\?response-content-type=text%2Fcss$/);
    expect((await fetch(reading, { method: 'DELETE' })).status).toBe(403);
    expect(store.objects.size).toBe(1);
  });

  test('refuses a wrong secret, and sends nothing', async () => {
    await expect(client('wrong').get(KEY)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      status: 403,
    });
    expect(objects().store.seen).toEqual([]);
  });
});
