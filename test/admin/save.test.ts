import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleRules } from '../../src/admin/api.ts';
import { PORTS } from '../cli/_edges.ts';
import { run } from '../cli/_process.ts';
import { call, configOf } from '../node/_running.ts';
import { bucket, KEYS, running, SECRETS, STRANGE, useSignedBucket } from '../node/buckets/_signing.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';

const TOKEN = 'a-token-of-the-admin-port';
const WITH_TOKEN = { adminToken: 'env:ADMIN_TOKEN' };
const ENV = {
  ADMIN_TOKEN: TOKEN,
  OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
  OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
};

const lets = (...sources: readonly string[]): ConsoleRules => ({
  rules: [
    {
      id: null,
      sources,
      allowedMethods: ['PUT'],
      allowedHeaders: [],
      exposedHeaders: ['ETag'],
      cacheTimeout: 60,
    },
  ],
  varyOrigin: false,
});

/** The panel of an admin port, as a page reads and saves it. */
function panelAt(adminUrl: string) {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const ask = async (method: string, path: string, more: Record<string, string> = {}, body?: string) => {
    const answered = await call(adminUrl + path, {
      method,
      headers: { ...headers, ...more },
      ...(body !== undefined && { body }),
    });
    return { status: answered.status, text: answered.text, json: JSON.parse(answered.text) };
  };
  return {
    read: () => ask('GET', '/panel'),
    save: (rules: ConsoleRules, version: string | null) =>
      ask('PUT', '/panel', version === null ? {} : { 'If-Match': `"${version}"` }, JSON.stringify(rules)),
  };
}

const allows = async (edgeUrl: string, origin: string): Promise<boolean> => {
  const { headers } = await call(`${edgeUrl}/x`, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT' },
  });
  return headers['access-control-allow-origin'] === origin;
};

describe('rules that the edge itself stores', () => {
  let store: Store;
  let state: string;
  beforeAll(async () => {
    store = await openStore(rulesFor('https://a.example'));
    state = await mkdtemp(join(tmpdir(), 'saved-'));
  });
  afterAll(async () => {
    await store.close();
    await rm(state, { recursive: true });
  });

  test('are saved on the version that was read, and in force in all processes before the answer', async () => {
    const edge = run(
      [
        'serve',
        ...PORTS,
        ...['--bucket', store.url, '--bucket-name', 'media', '--region', 'cn-hangzhou'],
        ...['--management', 'keep', '--state-dir', state, '--workers', '2'],
        ...['--admin-token', 'env:ADMIN_TOKEN'],
      ],
      { env: ENV, limit: 30_000 },
    );
    const [edgeUrl, adminUrl] = [await edge.address('edge'), await edge.address('admin')];
    const panel = panelAt(adminUrl);
    const first = await panel.read();
    expect(first.json.edit).toEqual({ possible: true, where: 'edge' });
    const saved = await panel.save(lets('https://b.example'), first.json.version);
    expect(saved).toMatchObject({ status: 200, json: { rules: lets('https://b.example'), state: 'fresh' } });
    for (let turn = 0; turn < 8; turn += 1) expect(await allows(edgeUrl, 'https://b.example')).toBe(true);
    const late = await panel.save(lets('https://c.example'), first.json.version);
    expect(late).toMatchObject({ status: 412, json: { error: expect.stringContaining(saved.json.version) } });
    const two = [lets('https://c.example'), lets('https://d.example')];
    const both = await Promise.all(two.map((rules) => panel.save(rules, saved.json.version)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const now = await panel.read();
    expect(await panel.save({ rules: [], varyOrigin: false }, now.json.version)).toMatchObject({
      status: 200,
      json: { rules: null },
    });
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
  });
});

describe('rules of a bucket that asks for signatures', () => {
  useSignedBucket();
  const media = () => ({ bucket: bucket().url, bucketName: 'media', signature: 'v1', ...WITH_TOKEN });

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

  test.each<[string, Record<string, string>, string]>([
    ['without a token', {}, 'start the edge with --admin-token env:ADMIN_TOKEN'],
    ['without keys', { ...WITH_TOKEN, credentials: 'none' }, '--credentials'],
    [
      'of a file',
      { ...WITH_TOKEN, rules: 'test/fixtures/documents/oss.xml' },
      'test/fixtures/documents/oss.xml',
    ],
  ])('cannot be changed %s', async (_, options, because) => {
    const { adminToken: __, ...bare } = media();
    const edge = await running(configOf({ ...bare, ...options }), ENV);
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
