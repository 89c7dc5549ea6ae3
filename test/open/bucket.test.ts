import { describe, expect, test } from 'vitest';
import type { Read } from '../../src/bucket/read.ts';
import { type BucketConfig, onlyBucket } from '../../src/config/file.ts';
import { readConfig } from '../../src/config/read.ts';
import { asFlag } from '../../src/config/spell.ts';
import { type Means, openConfigured } from '../../src/open/bucket.ts';
import { loadedFrom } from '../../src/rules/source.ts';
import { RULES_KINDS } from '../../src/rules/sources/kinds.ts';

const DOCUMENT = '{"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}';
const ADDRESS = { base: 'https://store.example', host: 'store.example', path: '' };
const REACHED = { name: 'store.example', address: ADDRESS, rulesName: 'https://store.example/?cors' };

/** Requests that the sources send: the URL, and the flat list of headers. */
type Sent = (readonly [url: string, headers: readonly string[]])[];

function meansOf(more: Partial<Means> = {}, sent: Sent = []): Means {
  const read: Read = async (url, headers) => {
    sent.push([url, headers]);
    return { status: 200, headers: new Headers(), text: DOCUMENT };
  };
  return { read, variables: {}, spell: asFlag, register: null, registerWrite: '--state-dir DIR', ...more };
}

function configOf(options: Readonly<Record<string, string>>): BucketConfig {
  const texts = { bucket: ADDRESS.base, ...options };
  const given = Object.entries(texts).map(([place, text]) => [place, { place, text }]);
  const read = readConfig(Object.fromEntries(given));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return onlyBucket(read.value);
}

function open(options: Readonly<Record<string, string>>, means: Means) {
  const config = configOf(options);
  if (config.bucket === null) throw new Error('the configuration has no bucket');
  return openConfigured(config, config.bucket, REACHED, means);
}

const KINDS: readonly (readonly [kind: string, rules: string, name: string])[] = [
  ['bucket', 'bucket', REACHED.rulesName],
  ['inline', DOCUMENT, 'inline'],
  ['file', './cors.json', './cors.json'],
  ['kv', 'kv:rules', 'kv:rules'],
  ['url', 'https://rules.example/cors.json?token=geheim', 'https://rules.example/cors.json'],
];

describe('openConfigured', () => {
  const file = (path: string) => ({
    kind: 'file',
    name: path,
    load: async () => loadedFrom(DOCUMENT, 'strict', ''),
  });
  const kv = { get: async () => DOCUMENT };

  test.each([
    ['oss://my-bucket?region=cn-hangzhou', {}, 'my-bucket'],
    ['s3://my-bucket?region=eu-central-1', {}, 'my-bucket'],
    ['https://my-bucket.oss-cn-hangzhou.aliyuncs.com', {}, 'my-bucket'],
    ['http://127.0.0.1:9000/my-bucket', {}, 'my-bucket'],
    ['https://files.example/a/b', {}, 'store.example'],
    ['https://files.example', {}, 'store.example'],
    ['https://files.example', { bucketName: 'my-bucket' }, 'my-bucket'],
    ['./media', {}, 'store.example'],
    ['./media', { bucketName: 'my-bucket' }, 'my-bucket'],
  ])('names the bucket %s with %j: %s', async (bucket, options, name) => {
    const opened = await open({ bucket, rules: DOCUMENT, ...options }, meansOf());
    expect(opened).toMatchObject({ ok: true, value: { ruled: { name }, route: { name } } });
  });

  test('stores its rules under the host, also where the bucket has a name of its own', async () => {
    const opened = await open({ bucket: 'oss://my-bucket?region=cn-hangzhou', rules: DOCUMENT }, meansOf());
    expect(opened.ok && opened.value.ruled.key).toMatch(/^store\.example-[0-9a-f]{16}$/);
  });

  test('is tested with every row of the table of sources', () => {
    expect(KINDS.map(([kind]) => kind)).toEqual(Object.keys(RULES_KINDS));
  });

  test.each(KINDS)('opens a source of kind %s from --rules %s', async (kind, rules, name) => {
    const opened = await open({ rules }, meansOf({ file, kv }));
    expect(opened).toMatchObject({ ok: true, value: { ruled: { source: { kind, name } } } });
  });

  test.each([
    ['a file', './cors.json', /^\.\/cors\.json: Workers have no files; name a URL/],
    [
      'a KV key',
      'kv:rules',
      /^kv:rules: no KV namespace is bound.* write \[\[kv_namespaces\]\] into wrangler.toml, with binding = "RULES_KV" and the id .* or elsewhere a file/,
    ],
  ])('returns a fault for rules in %s if the platform has none', async (_, rules, line) => {
    const opened = await open({ rules }, meansOf());
    expect(opened).toEqual({ ok: false, faults: [expect.stringMatching(line)] });
  });

  test.each([
    [
      'a token',
      { rules: 'https://rules.example', rulesToken: 'file:/token' },
      /^--rules-token is a file, and this platform has none; write env:NAME$/,
    ],
    [
      'credentials',
      { credentials: 'file:/keys' },
      /^--credentials is a file, and this platform has none; write env or env:PREFIX$/,
    ],
  ])('returns a fault for %s in a file if the platform has no files', async (_, options, line) => {
    const opened = await open(options, meansOf());
    expect(opened).toEqual({ ok: false, faults: [expect.stringMatching(line)] });
  });

  test('returns a fault if the prefix for keys names no variables', async () => {
    const opened = await open({ credentials: 'env:MEDIA' }, meansOf());
    const line =
      '--credentials: there are no keys: set MEDIA_OSS_ACCESS_KEY_ID and MEDIA_OSS_ACCESS_KEY_SECRET';
    expect(opened).toEqual({ ok: false, faults: [line] });
  });

  test('returns both faults if signing needs the name and the region of a bucket', async () => {
    const variables = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: 'geheim' };
    const opened = await open({}, meansOf({ variables }));
    const lines = [/^--bucket-name is missing/, /^--region is missing/];
    expect(opened).toEqual({ ok: false, faults: lines.map((line) => expect.stringMatching(line)) });
  });

  test('needs no keys for rules that are not the bucket’s own', async () => {
    const opened = await open({ rules: DOCUMENT, credentials: 'env:MEDIA' }, meansOf());
    expect(opened.ok).toBe(true);
  });

  test('sends the token with each request for rules at a URL, as its variable is at that time', async () => {
    const sent: Sent = [];
    const variables: Record<string, string> = { TOKEN: 'first' };
    const options = { rules: 'https://rules.example/', rulesToken: 'env:TOKEN' };
    const opened = await open(options, meansOf({ variables }, sent));
    if (!opened.ok) throw new Error(opened.faults.join());
    const { source } = opened.value.ruled;
    await source.load(AbortSignal.timeout(1000));
    variables.TOKEN = 'second';
    await source.load(AbortSignal.timeout(1000));
    const expected = ['first', 'second'].map((token) => ['Authorization', `Bearer ${token}`]);
    expect(sent).toEqual(expected.map((headers) => ['https://rules.example/', headers]));
  });

  test('returns the faults of a document in an option, each with its place', async () => {
    const opened = await open({ rules: '{"CORSRules": [{}]}' }, meansOf());
    expect(opened.ok).toBe(false);
    for (const line of opened.ok ? [] : opened.faults) expect(line).toMatch(/^--rules inline: .*; write /);
  });

  test('returns the faults of the access and of the document together', async () => {
    const opened = await open({ rules: '{"CORSRules": [{}]}', objects: 'sign' }, meansOf());
    const faults = opened.ok ? [] : opened.faults;
    expect(faults).toContainEqual(expect.stringMatching(/^--objects sign: there are no keys/));
    expect(faults).toContainEqual(expect.stringMatching(/^--rules inline: /));
  });

  test('returns each fault once if rules and objects need the same signatures', async () => {
    const variables = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: 'geheim' };
    const opened = await open({ objects: 'sign' }, meansOf({ variables }));
    const lines = [/^--bucket-name is missing/, /^--region is missing/];
    expect(opened).toEqual({ ok: false, faults: lines.map((line) => expect.stringMatching(line)) });
  });

  test('gives buckets with different rules different keys, and equal ones the same', async () => {
    const keys = await Promise.all(
      ['bucket', DOCUMENT, 'bucket'].map(async (rules) => {
        const opened = await open({ rules }, meansOf());
        return opened.ok ? opened.value.ruled.key : undefined;
      }),
    );
    expect(keys[0]).toMatch(/^store\.example-[0-9a-f]{16}$/);
    expect(keys[2]).toBe(keys[0]);
    expect(keys[1]).not.toBe(keys[0]);
  });
});
