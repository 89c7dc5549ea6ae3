import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askForRules, KEYS_ENV, OTHER_KEYS, originsAt, putRules } from '../cli/_rules-client.ts';
import { call, corsHeaders } from '../helpers/client.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';
import { adminOf, type RunningWorker, runWorker, TOKEN } from './_worker.ts';

const A = 'https://a.example';
const B = 'https://b.example';

let folder = '';
let bucket: Upstream;
let worker: RunningWorker | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucket-cors-register-'));
  bucket = await openUpstream(ONE_ORIGIN);
});
afterEach(async () => {
  await worker?.close();
  worker = null;
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
});

/** A new isolate, with nothing but what KV has. */
async function fresh(kv: string | undefined = folder): Promise<RunningWorker> {
  await worker?.close();
  const named = { BUCKET_NAME: 'media', BUCKET_REGION: 'cn-hangzhou', CLIENT_KEYS: 'env:TEAM' };
  const env = { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN, MANAGEMENT: 'keep', ...named, ...KEYS_ENV };
  worker = await runWorker({ env, ...(kv !== '' && { kv }) });
  return worker;
}

const allows = async ({ url }: RunningWorker, origin: string): Promise<boolean> =>
  corsHeaders(await call(url, { target: '/key', headers: ['Origin', origin] }))[
    'access-control-allow-origin'
  ] === origin;

test('rules that clients write are in force at once, and in every later isolate', async () => {
  const first = await fresh();
  expect(await originsAt(first)).toBeNull();
  await putRules(first, A);
  await putRules(first, B, { keys: OTHER_KEYS });
  expect([await allows(first, B), await allows(first, A), await originsAt(first)]).toEqual([
    true,
    false,
    [B],
  ]);
  expect(await adminOf(first)('/rules')).toMatchObject({
    buckets: [
      { source: { kind: 'register', name: 'the KV namespace RULES_KV' }, written: { by: 'LTAIother' } },
    ],
  });
  const written = () => first.lines.filter(({ msg }) => msg === 'rules written');
  await until('the writes are logged', () => written().length === 2);
  expect(written()).toMatchObject([
    { bucket: 'media', key: 'LTAIwriter', rules: 1 },
    { key: 'LTAIother', rules: 1 },
  ]);
  const second = await fresh();
  expect([await allows(second, B), await originsAt(second)]).toEqual([true, [B]]);
  expect((await askForRules(second.url, { method: 'DELETE' })).status).toBe(204);
  const third = await fresh();
  expect([await allows(third, B), await originsAt(third)]).toEqual([false, null]);
});

/** What a test does with the namespace itself. */
interface Namespace {
  list(): Promise<{ readonly keys: readonly { readonly name: string }[] }>;
  delete(name: string): Promise<void>;
}

test('rules that KV has lost stay in force in a later isolate, and are a 503 until a whole write', async () => {
  const first = await fresh();
  await putRules(first, A);
  const kv = (await first.miniflare.getKVNamespace('RULES_KV')) as unknown as Namespace;
  const names = async () => (await kv.list()).keys.map(({ name }) => name);
  await until('a copy is stored', async () => (await names()).some((name) => name.startsWith('rules/')));
  for (const name of await names()) if (name.startsWith('register/')) await kv.delete(name);
  const second = await fresh();
  expect([await allows(second, A), (await askForRules(second.url, { method: 'GET' })).status]).toEqual([
    true,
    503,
  ]);
  await putRules(second, B);
  expect([await allows(second, B), await originsAt(second)]).toEqual([true, [B]]);
});

test('without a KV namespace the Worker says what to bind, and serves nothing', async () => {
  const { url, lines } = await fresh('');
  expect((await call(url, { target: '/key' })).status).toBe(500);
  expect(JSON.stringify(lines)).toContain(
    ': there is no storage for the rules; write [[kv_namespaces]] into wrangler.toml',
  );
});
