/** The edge before several buckets, on Node and on workerd. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, stop } from '../cli/_process.ts';
import { runWorker, TOKEN } from '../cloudflare/_worker.ts';
import type { Keys } from './_client.ts';
import { KEYS, type Store, TEAM, TEMPORARY } from './_stores.ts';

export const RUNTIMES = ['Node', 'workerd'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** How the edge serves a bucket: the options `management` and `objects`. */
const MODES = {
  pass: { management: 'pass', objects: 'pass' },
  sign: { management: 'pass', objects: 'sign' },
  resign: { management: 'pass', objects: 'resign' },
  'management keep': { management: 'keep', objects: 'pass' },
  'management keep, objects resign': { management: 'keep', objects: 'resign' },
} as const;
export type Mode = keyof typeof MODES;

export interface Served {
  readonly store: Pick<Store, 'address' | 'dialect'>;
  readonly mode: Mode;
  /** Further options of the bucket. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface OpenEdge {
  readonly url: string;
  /** What it wrote, for a failed test. */
  lines(): readonly string[];
  close(): Promise<void>;
}

const variablesOf = (prefix: string, { accessKey, secretKey, token }: Keys): Record<string, string> => ({
  [`${prefix}OSS_ACCESS_KEY_ID`]: accessKey,
  [`${prefix}OSS_ACCESS_KEY_SECRET`]: secretKey,
  [`${prefix}AWS_ACCESS_KEY_ID`]: accessKey,
  [`${prefix}AWS_SECRET_ACCESS_KEY`]: secretKey,
  ...(token && { [`${prefix}OSS_SESSION_TOKEN`]: token, [`${prefix}AWS_SESSION_TOKEN`]: token }),
});

/** The keys of the bucket, and the further ones that the tests of `clientKeys` name. */
const VARIABLES = {
  ...variablesOf('', KEYS),
  ...variablesOf('TEAM_', TEAM),
  ...variablesOf('STS_', TEMPORARY),
};
const LAST_LINES = 20;
const LIMIT_MS = 10 * 60_000;

/**
 * Opens one edge before buckets by their names, which are their prefixes too. The rules' TTL is an hour: the edge has new
 * ones only if it saw the change.
 */
export function openEdge(runtime: Runtime, buckets: Readonly<Record<string, Served>>): Promise<OpenEdge> {
  const served = Object.entries(buckets).map(([name, of]) => [name, bucketOf(name, runtime, of)] as const);
  const config = { rulesTtl: '1h', buckets: Object.fromEntries(served) };
  return runtime === 'Node' ? openOnNode(config) : openOnWorkerd(config);
}

function bucketOf(name: string, runtime: Runtime, { store, mode, options }: Served) {
  // SigV4 covers the Host, so the store must get the one that the client signed; a Worker cannot send it.
  const keepHost = runtime === 'Node' && store.dialect === 's3' && MODES[mode].objects !== 'resign';
  return {
    bucket: store.address,
    store: store.dialect,
    bucketName: name,
    region: store.dialect === 's3' ? 'us-east-1' : 'cn-hangzhou',
    prefix: `/${name}`,
    ...MODES[mode],
    hosts: ['127.0.0.1', 'localhost'],
    ...(keepHost && { keepHost }),
    ...options,
  };
}

async function openOnNode(config: object): Promise<OpenEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'bucket-cors-clients-edge-'));
  const file = join(folder, 'edge.json');
  const stateDir = join(folder, 'state');
  writeFileSync(file, JSON.stringify({ ...config, port: 0, adminPort: 0, stateDir }));
  const edge = run(['serve', '--config', file], { env: VARIABLES, limit: LIMIT_MS });
  return {
    url: await edge.address('edge'),
    lines: () => [...edge.stdout().trimEnd().split('\n'), ...edge.lines()].slice(-LAST_LINES),
    async close() {
      await stop(edge);
      expectNoSecrets(edge.stdout() + edge.stderr());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openOnWorkerd(config: object): Promise<OpenEdge> {
  const env = { ...VARIABLES, BUCKET_CORS_CONFIG: JSON.stringify(config), ADMIN_TOKEN: TOKEN };
  const worker = await runWorker({ env, kv: true });
  const lines = () => [...worker.lines.map((line) => JSON.stringify(line)), ...worker.noise];
  return {
    url: worker.url,
    lines: () => lines().slice(-LAST_LINES),
    async close() {
      await worker.close();
      expectNoSecrets(lines().join('\n'));
    },
  };
}

/** Fails a file whose clients' secrets, tokens or signatures are in the log (promise 7). */
function expectNoSecrets(log: string): void {
  const secrets = [KEYS, TEAM, TEMPORARY].flatMap(({ secretKey, token = secretKey }) => [secretKey, token]);
  const found = secrets.find((secret) => log.includes(secret)) ?? /signature=\S/i.exec(log)?.[0];
  if (found !== undefined) throw new Error(`the edge's log has ${found}`);
  if (!log.includes('"msg":"request"')) throw new Error('the log of the edge has no request');
}
