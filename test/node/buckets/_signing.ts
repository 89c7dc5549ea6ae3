import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import type { Config } from '../../../src/config/read.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { call, configOf, type Started, startEdge } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';

export const KEYS: Credentials = { accessKeyId: 'LTAIexample', accessKeySecret: 'geheim-one' };
export const ROTATED: Credentials = { accessKeyId: 'LTAIrotated', accessKeySecret: 'geheim-two' };
export const TEMPORARY: Credentials = {
  accessKeyId: 'STS.example',
  accessKeySecret: 'geheim-three',
  securityToken: 'geheim-token+/=',
};
export const STRANGE: Credentials = { accessKeyId: 'LTAIstranger', accessKeySecret: 'geheim-four' };
export const WRONG: Credentials = { ...KEYS, accessKeySecret: 'geheim-wrong' };

/** What no text may contain. */
export const SECRETS = ['geheim', 'LTAI', 'STS.example'];

export type Env = Readonly<Record<string, string>>;

let folder = '';
let opened: OpenDirectoryBucket;
const edges: Started[] = [];

/** For each test of a file, a bucket called `media` that asks for signatures, its rules for https://a.example. */
export function useSignedBucket(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signed-'));
    await mkdir(join(folder, 'media'));
    const credentials = [KEYS, ROTATED, TEMPORARY];
    opened = await openDirectoryBucket({ folder: join(folder, 'media'), credentials });
    await writeFile(opened.rulesFile, rulesFor('https://a.example'));
  });
  afterEach(async () => {
    for (const edge of edges.splice(0)) await edge.close();
    await opened.close();
    await rm(folder, { recursive: true });
  });
}

/** The test's bucket. */
export const bucket = (): OpenDirectoryBucket => opened;

/** A path in the test's folder, where `media` is the bucket's. */
export const at = (name: string): string => join(folder, name);

/** Starts an edge that ends with the test. */
export async function running(config: Config, env: Env): Promise<Started> {
  const edge = await startEdge(config, env);
  edges.push(edge);
  return edge;
}

/** Whether the rules in force let an origin read. */
export const allowed = async (edge: Started, origin: string) =>
  (await call(`${edge.url}/x`, { headers: { Origin: origin } })).headers['access-control-allow-origin'] ===
  origin;

/** The state of the rules on the admin port and in the log, as one text and parsed. */
export async function told(edge: Started) {
  const say = async (path: string, method = 'GET') => (await edge.admin(path, method)).text;
  const [rules, ready, metrics, refreshed, explained] = await Promise.all([
    say('/rules'),
    say('/readyz'),
    say('/metrics'),
    say('/refresh', 'POST'),
    say('/explain?origin=https://a.example'),
  ]);
  const [described] = JSON.parse(rules).buckets;
  return {
    text: [...edge.text, rules, ready, metrics, refreshed, explained].join('\n'),
    state: described.state as string,
    failure: described.failure as { cause: string; cure: string } | null,
    ready: JSON.parse(ready).status as string,
  };
}

export async function showsNoSecret(edge: Started): Promise<void> {
  const { text } = await told(edge);
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

/** The three schemes, as options; the directory bucket knows all of them. */
export const SCHEMES = [
  ['OSS V4', 'OSS', { store: 'oss', region: 'cn-hangzhou' }],
  ['OSS V1', 'OSS', { store: 'oss', signature: 'v1' }],
  ['S3 V4', 'AWS', { store: 's3', region: 'eu-central-1' }],
] as const;

const NAMES = {
  OSS: ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_SESSION_TOKEN'],
  AWS: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
} as const;

/** Variables with keys. */
export const envOf = (
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

/** A configuration with the bucket as its bucket. */
export const signedConfig = (options: Record<string, string>) =>
  configOf({ bucket: bucket().url, bucketName: 'media', ...options });
