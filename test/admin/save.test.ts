import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf } from '../node/_running.ts';
import { bucket, KEYS, running, SECRETS, STRANGE, useSignedBucket } from '../node/buckets/_signing.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { allows, lets, panelAt, TOKEN } from './_panel.ts';

const WITH_TOKEN = { adminToken: 'env:ADMIN_TOKEN' };
const ENV = {
  ADMIN_TOKEN: TOKEN,
  OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
  OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
};

describe('rules of a bucket that asks for signatures', () => {
  useSignedBucket();
  const media = (token: Record<string, string> = WITH_TOKEN) => ({
    bucket: bucket().url,
    bucketName: 'media',
    signature: 'v1',
    ...token,
  });

  test('are saved in the bucket with the keys of the edge, unless another writer was faster', async () => {
    const edge = await running(configOf(media()), ENV);
    const panel = panelAt(edge.adminUrl);
    const first = await panel.read();
    expect(first.json.edit).toEqual({ possible: true, where: 'bucket' });
    expect(await panel.save(lets('https://b.example'), first.json.version)).toMatchObject({ status: 200 });
    expect(await allows(edge.url, 'https://b.example')).toBe(true);
    await writeFile(bucket().rulesFile, rulesFor('https://faster.example'));
    const { json } = await panel.read();
    expect(await panel.save(lets('https://c.example'), json.version)).toMatchObject({
      status: 412,
      json: { error: expect.stringMatching(/they are version [0-9a-f]{16} now/) },
    });
    expect(await readFile(bucket().rulesFile, 'utf8')).toContain('https://faster.example');
  });

  test('are saved by one of two who save at once, and the other reads 412', async () => {
    const edge = await running(configOf(media()), ENV);
    const panel = panelAt(edge.adminUrl);
    const { json } = await panel.read();
    const origins = ['https://one.example', 'https://two.example', 'https://three.example'];
    const saved = await Promise.all(origins.map((origin) => panel.save(lets(origin), json.version)));
    expect(saved.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    for (const [at, { status, json: body }] of saved.entries()) {
      const document = await readFile(bucket().rulesFile, 'utf8');
      expect(document.includes(origins[at] ?? '')).toBe(status === 200);
      if (status === 412) expect(body.error).toMatch(/they are version [0-9a-f]{16} now/);
    }
  });

  test('are deleted where the last rule is removed', async () => {
    const edge = await running(configOf(media()), ENV);
    const panel = panelAt(edge.adminUrl);
    const { json } = await panel.read();
    expect(await panel.save({ rules: [], varyOrigin: false }, json.version)).toMatchObject({
      status: 200,
      json: { rules: null, state: 'fresh' },
    });
    await expect(readFile(bucket().rulesFile)).rejects.toThrow('ENOENT');
  });

  test('stay as they are where the store refuses the keys, and no answer has a secret', async () => {
    const keys = { OSS_ACCESS_KEY_ID: STRANGE.accessKeyId, OSS_ACCESS_KEY_SECRET: STRANGE.accessKeySecret };
    const edge = await running(configOf(media()), { ...ENV, ...keys });
    const { json, text } = await panelAt(edge.adminUrl).read();
    expect(json).toMatchObject({ state: 'unavailable', version: null });
    const refused = await panelAt(edge.adminUrl).save(lets('https://b.example'), '0123456789abcdef');
    expect(refused).toMatchObject({
      status: 502,
      json: { error: expect.stringContaining('InvalidAccessKeyId'), cure: expect.any(String) },
    });
    for (const secret of [...SECRETS, TOKEN]) expect(text + refused.text).not.toContain(secret);
  });

  test.each(['oss', 's3'])('are saved in a folder of store %s with the folder’s keys', async (store) => {
    const folder = await mkdtemp(join(tmpdir(), 'saved-folder-'));
    try {
      const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
      const options = { bucket: folder, bucketKeys: 'env', store, ...WITH_TOKEN };
      const edge = await running(configOf(options), { ...ENV, ...keys });
      const { json } = await panelAt(edge.adminUrl).read();
      expect(json.edit).toEqual({ possible: true, where: 'bucket' });
      expect(await panelAt(edge.adminUrl).save(lets('https://b.example'), json.version)).toMatchObject({
        status: 200,
      });
      expect(await readFile(`${folder}.cors.xml`, 'utf8')).toContain('https://b.example');
    } finally {
      await rm(folder, { recursive: true });
      await rm(`${folder}.cors.xml`, { force: true });
    }
  });

  test.each<[string, Record<string, string>, string]>([
    ['without a token', {}, 'start the edge with --admin-token env:ADMIN_TOKEN'],
    ['without keys', { ...WITH_TOKEN, credentials: 'none' }, '--credentials'],
    [
      'of a file',
      { ...WITH_TOKEN, rules: 'test/fixtures/documents/oss.xml' },
      'test/fixtures/documents/oss.xml',
    ],
  ])('cannot be changed %s', async (_, options, because) => {
    const edge = await running(configOf({ ...media({}), ...options }), ENV);
    const { json } = await panelAt(edge.adminUrl).read();
    expect(json.edit).toEqual({ possible: false, because: expect.stringContaining(because) });
    const refused = await panelAt(edge.adminUrl).save(lets('https://b.example'), json.version);
    expect(refused).toMatchObject({ status: 403, json: { cure: json.edit.because } });
  });

  test('need a version, and rules that the place takes', async () => {
    const edge = await running(configOf(media()), ENV);
    const panel = panelAt(edge.adminUrl);
    expect(await panel.save(lets('https://b.example'), null)).toMatchObject({ status: 428 });
    const { json } = await panel.read();
    expect(await panel.save(lets('https://*.*.example'), json.version)).toMatchObject({
      status: 422,
      json: { isRefused: true, findings: [expect.objectContaining({ rule: 1, field: 'sources' })] },
    });
  });
});
