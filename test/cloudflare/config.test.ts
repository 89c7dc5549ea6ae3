import { describe, expect, test } from 'vitest';
import { openBuckets } from '../../src/cloudflare/buckets.ts';
import { configure } from '../../src/cloudflare/config.ts';
import type { Env } from '../../src/cloudflare/platform.ts';
import { faultText } from '../../src/document/fault.ts';

const BUCKET = { BUCKET_URL: 'oss://my-bucket?region=cn-hangzhou' };
const NODE_ONLY = [
  ['HOST', '0.0.0.0'],
  ['PORT', '80'],
  ['OWN_HOSTS', 'a.example'],
  ['DANGEROUSLY_OPEN_BUCKET', 'true'],
  ['SOCKET', '/run/edge.sock'],
  ['TLS_CERT', '/etc/tls.crt'],
  ['TLS_KEY', '/etc/tls.key'],
  ['ADMIN_HOST', '10.0.0.5'],
  ['ADMIN_PORT', '9090'],
  ['ADMIN_TOKEN_FROM', 'env:T'],
  ['ADMIN_METRICS_TOKEN_FROM', 'env:T'],
  ['DANGEROUSLY_OPEN_ADMIN', 'true'],
  ['SHUTDOWN_DELAY', '5s'],
  ['DEMO_PORT', '3000'],
  ['STATE_DIR', '/var/lib/edge'],
  ['REDIS_URL', 'redis://127.0.0.1:6379'],
  ['WORKERS', 'auto'],
  ['CONNECTIONS', '64'],
  ['QUEUE', '8'],
  ['CLIENT_CONNECTIONS', '2000'],
  ['CLIENT_SHARE', '0'],
  ['LEAST_RATE', '0'],
  ['IDLE_TIMEOUT', '5m'],
  ['BUCKET_CONNECT_TIMEOUT', '10s'],
  ['DRAIN', '30s'],
] as const;

/** As the Secrets Store binds one. */
const SECRET = { get: async () => 's3cr3t' };
const KV = { get: async () => null, put: async () => {} };

async function faultsOf(env: Env): Promise<readonly string[]> {
  const read = await configure(env);
  return read.ok ? [] : read.faults.map(faultText);
}

describe('a Worker’s configuration', () => {
  test('has the options of Node, under the same names', async () => {
    const read = await configure({ ...BUCKET, RULES_TTL: '5m', VARY: 'store', DEBUG_REASON: 'true' });
    expect(read.ok && read.value).toMatchObject({
      config: { rulesTtl: 300_000, vary: 'store', debugReason: true, logLevel: 'info' },
      buckets: [{ bucket: { kind: 'http', name: 'my-bucket' }, preload: true }],
      worker: { adminToken: null, adminPath: '/.well-known/bucket-cors', passCfHeaders: false },
    });
  });

  test("removes the dot at the end of a bucket's host name, from which fetch writes Host", async () => {
    const read = await configure({ BUCKET_URL: 'https://media.s3.eu-central-1.amazonaws.com.' });
    if (!read.ok) throw new Error(read.faults.map(faultText).join());
    const [host, base] = [
      'media.s3.eu-central-1.amazonaws.com',
      'https://media.s3.eu-central-1.amazonaws.com',
    ];
    const opened = await openBuckets(read.value.buckets, {}, null, null);
    expect(opened).toMatchObject({
      value: [{ route: { address: { base, host, path: '' } }, ruled: { name: 'media' } }],
    });
    expect(opened).toMatchObject({ value: [{ ruled: { source: { name: `${base}/?cors` } } }] });
  });

  test('prefers the names with the prefix', async () => {
    const read = await configure({
      BUCKET_URL: 'no bucket:',
      BUCKET_CORS_BUCKET: BUCKET.BUCKET_URL,
      RULES_TTL: 'soon',
      BUCKET_CORS_RULES_TTL: '5m',
      ADMIN_PATH: 'none',
      BUCKET_CORS_ADMIN_PATH: '/edge',
      BUCKET_CORS_ADMIN_TOKEN: '0123456789abcdef',
      BUCKET_CORS_MAX_STAEL: '1',
    });
    expect(read.ok && read.value).toMatchObject({
      config: { rulesTtl: 300_000 },
      buckets: [{ bucket: { kind: 'http', name: 'my-bucket' } }],
      worker: { adminToken: '0123456789abcdef', adminPath: '/edge' },
      warnings: [
        expect.stringMatching(/^BUCKET_CORS_MAX_STAEL is not read: .* write BUCKET_CORS_MAX_STALE$/),
      ],
    });
  });

  test('accepts numbers, booleans and JSON from wrangler.toml', async () => {
    const many = { buckets: { media: { bucket: BUCKET.BUCKET_URL, prefix: '/media' } } };
    const read = await configure({ BUCKET_CORS_CONFIG: many, RULES_TTL: 90, DEBUG_REASON: true });
    expect(read.ok && read.value).toMatchObject({
      config: { rulesTtl: 90_000, debugReason: true },
      buckets: [{ name: 'media' }],
    });
  });

  test.each(NODE_ONLY)('has no %s', async (name, text) => {
    const faults = await faultsOf({ ...BUCKET, [name]: text });
    expect(faults).toContainEqual(
      expect.stringMatching(new RegExp(`^${name} has no effect on Workers; write `)),
    );
  });

  test.each<readonly [string, Env, RegExp]>([
    [
      'a table for a text',
      { ...BUCKET, VARY: { mode: 'safe' } },
      /^VARY is a table or a binding, not a text; write text under \[vars\], or a secret/,
    ],
    [
      'a binding for a token',
      { ...BUCKET, ADMIN_TOKEN: SECRET },
      /^ADMIN_TOKEN is .* secret put ADMIN_TOKEN$/,
    ],
    ['a binding for a key', { ...BUCKET, OSS_ACCESS_KEY_ID: SECRET }, /^OSS_ACCESS_KEY_ID is a table or/],
    [
      'one for a prefixed key',
      { ...BUCKET, M_AWS_SECRET_ACCESS_KEY: SECRET },
      /^M_AWS_SECRET_ACCESS_KEY is a/,
    ],
    [
      'a binding for a token of one’s own name',
      { ...BUCKET, CORS_RULES: 'https://a.example/', RULES_TOKEN: 'env:MINE', MINE: SECRET },
      /^MINE is a table or a binding/,
    ],
    [
      'a text for KV',
      { ...BUCKET, RULES_KV: 'my-namespace' },
      /^RULES_KV is not a KV namespace; write \[\[kv_/,
    ],
    ['a folder by the longer name', { BUCKET_CORS_BUCKET: './bucket' }, /^BUCKET_CORS_BUCKET is a folder/],
    [
      'a table for a text by the longer name',
      { ...BUCKET, BUCKET_CORS_VARY: {} },
      /^BUCKET_CORS_VARY is a table or a binding/,
    ],
    ['quotes around a value', { ...BUCKET, VARY: '"safe"' }, /^VARY has quotes around it; write safe$/],
    [
      'quotes around a secret',
      { ...BUCKET, ADMIN_TOKEN: '"0123456789abcdef"' },
      /^ADMIN_TOKEN has quotes around it; write it without them$/,
    ],
    ['no bucket', {}, /^BUCKET_URL is missing; write oss:/],
    ['a folder', { BUCKET_URL: './bucket' }, /^BUCKET_URL is a folder/],
    ['rules in a file', { ...BUCKET, CORS_RULES: './cors.xml' }, /^CORS_RULES is a file.* kv:KEY$/],
    [
      'rules in KV, which is not bound',
      { ...BUCKET, CORS_RULES: 'kv:a' },
      /^CORS_RULES names a key, and no KV .*; write \[\[kv_namespaces\]\] into wrangler.toml, with binding = "RULES_KV"/,
    ],
    ['keys in a file', { ...BUCKET, CREDENTIALS: 'file:/keys' }, /^CREDENTIALS is a file/],
    [
      'a token in a file',
      { ...BUCKET, CORS_RULES: 'https://a.example/', RULES_TOKEN: 'file:/token' },
      /^RULES_TOKEN is a file/,
    ],
    ['the client’s Host', { ...BUCKET, KEEP_HOST: 'true' }, /^KEEP_HOST has no effect: on Workers/],
    ['a duration that is not one', { ...BUCKET, RULES_TTL: 'soon' }, /^RULES_TTL "soon" is not a time/],
    ['an invalid admin path', { ...BUCKET, ADMIN_PATH: 'admin/' }, /^ADMIN_PATH "admin\/" is not a path/],
    ['an admin path with dots', { ...BUCKET, ADMIN_PATH: '/a/../b' }, /^ADMIN_PATH/],
    [
      'a path where JSON must be',
      { BUCKET_CORS_CONFIG: 'edge.json' },
      /^BUCKET_CORS_CONFIG is not a JSON object/,
    ],
    ['invalid JSON', { BUCKET_CORS_CONFIG: '{"buckets": ' }, /^BUCKET_CORS_CONFIG: /],
    ['a key of no KV', { BUCKET_CORS_CONFIG: 'kv:a' }, /^BUCKET_CORS_CONFIG names a key, and no KV/],
    ['a key that is not there', { BUCKET_CORS_CONFIG: 'kv:a', RULES_KV: KV }, /the key a, which is not in/],
    [
      'an option of one bucket beside many',
      { BUCKET_CORS_CONFIG: `{"buckets": {"a": {"bucket": "https://a.example"}}}`, VARY: 'safe' },
      /^VARY stands beside BUCKET_CORS_CONFIG/,
    ],
    [
      'a folder among many',
      { BUCKET_CORS_CONFIG: '{"buckets": {"a": {"bucket": "./a"}}}' },
      /^BUCKET_CORS_CONFIG: buckets.a: bucket is a folder/,
    ],
    [
      'an option of a process among many',
      { BUCKET_CORS_CONFIG: '{"port": 80, "buckets": {"a": {"bucket": "https://a.example"}}}' },
      /^BUCKET_CORS_CONFIG: port has no effect on Workers/,
    ],
  ])('with %s is refused', async (_, env, fault) => {
    expect(await faultsOf(env)).toContainEqual(expect.stringMatching(fault));
  });

  test('reports a bucket that is not a text, not a missing one', async () => {
    const faults = await faultsOf({ BUCKET_URL: {} });
    expect(faults).toEqual([expect.stringMatching(/^BUCKET_URL is a table/)]);
  });

  test('accepts bindings under other names', async () => {
    expect(await faultsOf({ ...BUCKET, IMAGES: SECRET, RULES_KV: KV })).toEqual([]);
  });

  test('reports all faults at once', async () => {
    const faults = await faultsOf({ PORT: '80', RULES_TTL: 'soon', ADMIN_TOKEN: 'short' });
    expect(faults.map((fault) => fault.split(' ', 1)[0])).toEqual([
      'ADMIN_TOKEN',
      'RULES_TTL',
      'PORT',
      'BUCKET_URL',
    ]);
  });

  test('shows no secret in its faults', async () => {
    const secret = 's3cr3t';
    const faults = await faultsOf({
      ADMIN_TOKEN: secret,
      CREDENTIALS: secret,
      RULES_TOKEN: secret,
      BUCKET_URL: `https://user:${secret}@bucket.example`,
    });
    expect(faults.length).toBeGreaterThanOrEqual(4);
    expect(faults.join('\n')).not.toContain(secret);
  });
});
