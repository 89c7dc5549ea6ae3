import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import type { Config } from '../../src/config/read.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { onlyBucket, type Running, start } from '../../src/node/start.ts';
import { startFaultLines } from '../../src/node/start-fault.ts';
import { call, configOf } from './running.ts';
import { rulesFor, until } from './store.ts';

const KEYS: Credentials = { accessKeyId: 'LTAIexample', accessKeySecret: 'geheim-one' };
const ROTATED: Credentials = { accessKeyId: 'LTAIrotated', accessKeySecret: 'geheim-two' };
const TEMPORARY: Credentials = {
  accessKeyId: 'STS.example',
  accessKeySecret: 'geheim-three',
  securityToken: 'geheim-token+/=',
};
const STRANGE: Credentials = { accessKeyId: 'LTAIstranger', accessKeySecret: 'geheim-four' };
const WRONG: Credentials = { ...KEYS, accessKeySecret: 'geheim-wrong' };
const SECRETS = ['geheim', 'LTAI', 'STS.example'];

type Env = Readonly<Record<string, string>>;

interface Edge extends Running {
  /** The log so far. */
  logged(): string;
  admin(path: string, method?: string): Promise<string>;
}

let folder = '';
let bucket: OpenDirectoryBucket;
const edges: Edge[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signed-'));
  await mkdir(join(folder, 'media'));
  const credentials = [KEYS, ROTATED, TEMPORARY];
  bucket = await openDirectoryBucket({ folder: join(folder, 'media'), credentials });
  await writeFile(bucket.rulesFile, rulesFor('https://a.example'));
});
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
  await bucket.close();
  await rm(folder, { recursive: true });
});

async function running(config: Config, env: Env): Promise<Edge> {
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line) };
  const started = await start(config, [onlyBucket(config)], { log, env });
  const edge = {
    ...started,
    logged: () => lines.join(''),
    admin: async (path: string, method = 'GET') => (await call(started.adminUrl + path, { method })).text,
  };
  edges.push(edge);
  return edge;
}

async function refused(options: Record<string, string>, env: Env): Promise<readonly string[]> {
  const failed = await running(configOf(options), env).catch((error: unknown) => error);
  const lines = startFaultLines(failed);
  if (lines === null) throw failed instanceof Error ? failed : new Error('it started');
  return lines;
}

const allowed = async (edge: Edge, origin: string) =>
  (await call(`${edge.url}/x`, { headers: { Origin: origin } })).headers['access-control-allow-origin'] ===
  origin;

/** What the admin port and the log tell of the rules, as one text and taken apart. */
async function told(edge: Edge) {
  const [rules, ready, metrics, refreshed, explained] = await Promise.all([
    edge.admin('/rules'),
    edge.admin('/readyz'),
    edge.admin('/metrics'),
    edge.admin('/refresh', 'POST'),
    edge.admin('/explain?origin=https://a.example'),
  ]);
  const [described] = JSON.parse(rules).buckets;
  return {
    text: [edge.logged(), rules, ready, metrics, refreshed, explained].join('\n'),
    state: described.state as string,
    failure: described.failure as { cause: string; cure: string } | null,
    ready: JSON.parse(ready).status as string,
  };
}

async function tellsNoSecret(edge: Edge): Promise<void> {
  const { text } = await told(edge);
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

/** The three schemes, as options; the directory bucket knows all of them. */
const SCHEMES = [
  ['OSS V4', 'OSS', { store: 'oss', region: 'cn-hangzhou' }],
  ['OSS V1', 'OSS', { store: 'oss', signature: 'v1' }],
  ['S3 V4', 'AWS', { store: 's3', region: 'eu-central-1' }],
] as const;

const NAMES = {
  OSS: ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_SESSION_TOKEN'],
  AWS: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
} as const;

const envOf = (
  of: 'OSS' | 'AWS',
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  prefix = '',
) => {
  const [id, secret, token] = NAMES[of].map((name) => prefix + name);
  return {
    [String(id)]: accessKeyId,
    [String(secret)]: accessKeySecret,
    ...(securityToken !== undefined && { [String(token)]: securityToken }),
  };
};

const optionsOf = (options: Record<string, string>) =>
  configOf({ bucket: bucket.url, bucketName: 'media', ...options });

describe.each(SCHEMES)('%s', (_, of, options) => {
  const fresh = async (edge: Edge) => {
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    expect(await told(edge)).toMatchObject({ state: 'fresh', failure: null, ready: 'ready' });
    await tellsNoSecret(edge);
  };

  test('reads the rules with keys from the environment', async () => {
    await fresh(await running(optionsOf(options), envOf(of, KEYS)));
  });

  test('reads the rules with a temporary key and its token', async () => {
    await fresh(await running(optionsOf(options), envOf(of, TEMPORARY)));
  });

  test('reads the rules with keys behind a prefix, and not with those that have none', async () => {
    const env = { ...envOf(of, WRONG), ...envOf(of, KEYS, 'MEDIA_') };
    await fresh(await running(optionsOf({ ...options, credentials: 'env:MEDIA' }), env));
  });

  test('reads the rules with keys from a file of lines', async () => {
    const file = join(folder, 'keys');
    const lines = Object.entries(envOf(of, TEMPORARY)).map(([name, value]) => `export ${name}="${value}"\n`);
    await writeFile(file, lines.join(''));
    await fresh(await running(optionsOf({ ...options, credentials: `file:${file}` }), {}));
  });

  test('reads the rules with keys from a JSON file', async () => {
    const file = join(folder, 'keys.json');
    await writeFile(file, JSON.stringify(TEMPORARY));
    await fresh(await running(optionsOf({ ...options, credentials: `file:${file}` }), envOf(of, WRONG)));
  });

  test('with a wrong secret the rules are unknown, and the cause says what the store said', async () => {
    const edge = await running(optionsOf(options), envOf(of, WRONG));
    expect(await allowed(edge, 'https://a.example')).toBe(false);
    const { state, failure, ready } = await told(edge);
    expect([state, ready]).toEqual(['unavailable', 'not ready']);
    expect(failure?.cause).toContain('403 SignatureDoesNotMatch');
    expect(edge.logged()).toContain('SignatureDoesNotMatch');
    await tellsNoSecret(edge);
  });

  test('with a wrong secret the cure is about the keys, not about a signature that was there', async () => {
    const edge = await running(optionsOf(options), envOf(of, WRONG));
    await allowed(edge, 'https://a.example');
    const { failure } = await told(edge);
    expect(failure?.cure).toMatch(/keys?|secret|--credentials/i);
    expect(failure?.cure).not.toMatch(/without a signature/);
  });

  test('with a key that nobody knows the cause says so', async () => {
    const edge = await running(optionsOf(options), envOf(of, STRANGE));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 InvalidAccessKeyId');
    await tellsNoSecret(edge);
  });

  test('without keys it asks unsigned, and the store’s refusal is told', async () => {
    const edge = await running(optionsOf(options), {});
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 AccessDenied');
  });

  test('with credentials none it asks unsigned whatever the environment holds', async () => {
    const edge = await running(optionsOf({ ...options, credentials: 'none' }), envOf(of, KEYS));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('403 AccessDenied');
  });
});

describe('keys that change', () => {
  const put = async (file: string, credentials: Credentials) => {
    await writeFile(`${file}.new`, JSON.stringify(credentials));
    await rename(`${file}.new`, file);
  };
  const inFile = async () => {
    const file = join(folder, 'keys.json');
    await put(file, KEYS);
    const config = optionsOf({ region: 'cn-hangzhou', credentials: `file:${file}` });
    const edge = await running({ ...config, rulesTtl: 3_600_000 }, {});
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    return { file, edge };
  };

  test('in a file are picked up at the next load, without a restart', async () => {
    const { file, edge } = await inFile();
    await put(file, STRANGE);
    await refreshed(edge, 'stale');
    await put(file, ROTATED);
    await writeFile(bucket.rulesFile, rulesFor('https://b.example'));
    await refreshed(edge, 'fresh');
    expect(await allowed(edge, 'https://b.example')).toBe(true);
    await tellsNoSecret(edge);
  });

  test('to wrong ones leave the last good rules in force', async () => {
    const { file, edge } = await inFile();
    await put(file, WRONG);
    await refreshed(edge, 'stale');
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    const { failure, ready } = await told(edge);
    expect(ready).toBe('degraded');
    expect(failure?.cause).toContain('SignatureDoesNotMatch');
    await tellsNoSecret(edge);
  });

  test.each([
    ['is removed', (file: string) => rm(file), /credentials file .*ENOENT/],
    ['holds no keys any more', (file: string) => writeFile(file, '{}'), /holds no credentials/],
    ['is half written', (file: string) => writeFile(file, '{"accessKeySecret": "geheim'), /not JSON/],
  ])('a file that %s leaves the last good rules in force', async (_, change, cause) => {
    const { file, edge } = await inFile();
    await change(file);
    await refreshed(edge, 'stale');
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    expect((await told(edge)).failure?.cause).toMatch(cause);
    await tellsNoSecret(edge);
  });

  async function refreshed(edge: Edge, state: string): Promise<void> {
    await edge.admin('/refresh', 'POST');
    await until(async () => (await told(edge)).state === state, state);
  }
});

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
      'no region for s3',
      { ...custom, store: 's3', bucketName: 'media' },
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
  ])('%s', async (_, options, variables, expected) => {
    const lines = await refused(options, variables);
    expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)));
    for (const secret of SECRETS) expect(lines.join('\n')).not.toContain(secret);
  });

  test('a file that holds keys of another form, without telling them', async () => {
    const file = join(folder, 'keys');
    await writeFile(file, 'geheim-one\n');
    const lines = await refused({ ...custom, credentials: `file:${file}` }, {});
    expect(lines).toEqual([expect.stringMatching(/^--credentials.*line 1 is not of the form NAME=VALUE/)]);
    expect(lines.join('')).not.toContain('geheim');
  });
});

describe('keys in the environment that nothing is signed with are no fault', () => {
  test.each([
    ['rules from a file', { rules: 'FILE' }],
    ['rules given inline', { rules: rulesFor('https://a.example') }],
  ])('%s', async (_, { rules }) => {
    const file = join(folder, 'rules.xml');
    await writeFile(file, rulesFor('https://a.example'));
    const config = configOf({ bucket: bucket.url, rules: rules === 'FILE' ? file : rules });
    const edge = await running(config, envOf('OSS', KEYS));
    expect(await allowed(edge, 'https://a.example')).toBe(true);
  });

  test('a folder', async () => {
    const path = join(folder, 'media');
    const edge = await running(configOf({ bucket: path }), envOf('OSS', KEYS));
    expect(await allowed(edge, 'https://a.example')).toBe(true);
  });

  test('keys of the other store', async () => {
    const edge = await running(configOf({ bucket: bucket.url }), envOf('AWS', KEYS));
    await allowed(edge, 'https://a.example');
    expect((await told(edge)).failure?.cause).toContain('AccessDenied');
  });
});
