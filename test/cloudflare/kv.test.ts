import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { call, corsHeaders, element } from '../helpers/client.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from '../suite/sets.ts';
import { adminOf, type RunningWorker, runWorker, TOKEN } from './_worker.ts';

interface Kv {
  get(key: string): Promise<string | null>;
  put(key: string, text: string): Promise<void>;
  delete(key: string): Promise<void>;
  list(): Promise<{ readonly keys: readonly { readonly name: string }[] }>;
}

let folder = '';
let bucket: Upstream;
const running: RunningWorker[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucket-cors-kv-'));
  bucket = await openUpstream(ONE_ORIGIN);
});
afterEach(async () => {
  for (const worker of running.splice(0)) await worker.close();
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
});

/** A new isolate, with nothing but what KV has. */
async function fresh(env: Readonly<Record<string, string>> = {}): Promise<RunningWorker> {
  for (const before of running.splice(0)) await before.close();
  const worker = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN, ...env }, kv: folder });
  running.push(worker);
  return worker;
}

const kvOf = async ({ miniflare }: RunningWorker): Promise<Kv> =>
  (await miniflare.getBindings<{ RULES_KV: Kv }>()).RULES_KV;

/** The only key there, once there is one. */
async function keptIn(kv: Kv): Promise<string> {
  let keys: readonly { readonly name: string }[] = [];
  await until('rules are stored', async () => {
    keys = (await kv.list()).keys.filter(({ name }) => name.startsWith('rules/'));
    return keys.length > 0;
  });
  expect(keys).toHaveLength(1);
  return keys[0]?.name ?? '';
}

const object = ({ url }: RunningWorker, target = '/key') => call(url, { target, headers: ['Origin', A] });
const linesAbout = ({ lines }: RunningWorker, words: string) =>
  lines.filter(({ msg }) => String(msg).includes(words));
/** Of what Miniflare's own types say less than there is. */
interface Scheduled {
  scheduled(event: { readonly cron: string }): Promise<{ readonly outcome: string }>;
}
const cron = async ({ miniflare }: RunningWorker): Promise<string> => {
  const worker = (await miniflare.getWorker()) as unknown as Scheduled;
  return (await worker.scheduled({ cron: '*/15 * * * *' })).outcome;
};

describe('last good rules in KV', () => {
  test('decide in an isolate that starts while the store is down', async () => {
    const first = await fresh();
    expect(corsHeaders(await object(first))).toEqual(ONE_ORIGIN_HEADERS);
    await keptIn(await kvOf(first));
    bucket.rules = 'unknown';
    const second = await fresh();
    expect(corsHeaders(await object(second))).toEqual(ONE_ORIGIN_HEADERS);
    await until('the store is asked all the same', async () => {
      expect(corsHeaders(await object(second))).toEqual(ONE_ORIGIN_HEADERS);
      return bucket.rulesAsked.length > 1;
    });
  });

  test('are replaced by newer rules of the store', async () => {
    await object(await fresh());
    await keptIn(await kvOf(running[0] as RunningWorker));
    bucket.rules = EVERYBODY;
    const second = await fresh();
    await until('the new rules decide', async () => {
      const headers = corsHeaders(await object(second));
      return JSON.stringify(headers) === JSON.stringify(EVERYBODY_HEADERS);
    });
  });

  test.each([
    ['no JSON', () => '{"format":1,"buck'],
    ['of another bucket', (text: string) => text.replace(/"bucket":"/, '"bucket":"other')],
    ['with rules that were changed by hand', (text: string) => text.replace('https://', 'https://evil.')],
    ['of a format to come', (text: string) => text.replace('"format":1', '"format":2')],
  ])('are not used if they are %s', async (_, damage) => {
    const first = await fresh();
    await object(first);
    const kv = await kvOf(first);
    const key = await keptIn(kv);
    await kv.put(key, damage((await kv.get(key)) ?? ''));
    bucket.rules = 'unknown';
    const second = await fresh();
    expect(corsHeaders(await object(second))).toEqual({});
    await until('it is logged', () => linesAbout(second, key).length > 0);
    expect(linesAbout(second, key)[0]?.level).toBe('warn');
    expect(linesAbout(second, 'It is ignored')).toHaveLength(1);
  });

  test('are written once for a version, however often they are loaded', async () => {
    const worker = await fresh();
    const admin = adminOf(worker);
    await object(worker);
    const kv = await kvOf(worker);
    const key = await keptIn(kv);
    const text = await kv.get(key);
    await admin('/refresh', 'POST');
    await admin('/refresh', 'POST');
    expect(bucket.rulesAsked.length).toBeGreaterThan(2);
    expect(await kv.get(key)).toBe(text);
    bucket.rules = EVERYBODY;
    await admin('/refresh', 'POST');
    await until('the new version is stored', async () => (await kv.get(key)) !== text);
  });
});

describe('a key that was deleted', () => {
  /** An isolate that has loaded rules, whose key is gone. */
  async function deleted(): Promise<RunningWorker> {
    const worker = await fresh();
    await object(worker);
    const kv = await kvOf(worker);
    await kv.delete(await keptIn(kv));
    return worker;
  }

  test('is written again by /refresh', async () => {
    const worker = await deleted();
    await adminOf(worker)('/refresh', 'POST');
    await keptIn(await kvOf(worker));
  });

  test('is written again by the cron trigger, although the store is down', async () => {
    const worker = await deleted();
    bucket.rules = 'unknown';
    expect(await cron(worker)).toBe('ok');
    await keptIn(await kvOf(worker));
  });
});

describe('the cron trigger', () => {
  test('loads rules before any request asks for them', async () => {
    const first = await fresh();
    expect(await cron(first)).toBe('ok');
    expect(bucket.rulesAsked).toHaveLength(1);
    await keptIn(await kvOf(first));
    bucket.rules = 'unknown';
    expect(corsHeaders(await object(await fresh()))).toEqual(ONE_ORIGIN_HEADERS);
  });

  test('asks the store although KV has rules, and stores its answer', async () => {
    await object(await fresh());
    await keptIn(await kvOf(running[0] as RunningWorker));
    bucket.rules = EVERYBODY;
    const second = await fresh();
    expect(await cron(second)).toBe('ok');
    const kv = await kvOf(second);
    const key = await keptIn(kv);
    await until('the new version is stored', async () => (await kv.get(key))?.includes('"*"') === true);
  });

  test('ends without an error if no bucket is configured', async () => {
    expect(await cron(await fresh({ RULES_TTL: 'soon' }))).toBe('ok');
    expect(bucket.rulesAsked).toEqual([]);
  });
});

describe('other values in KV', () => {
  test('are rules as a document', async () => {
    const worker = await fresh({ CORS_RULES: 'kv:cors.xml', RULES_TTL: '1s' });
    expect(corsHeaders(await object(worker))).toEqual({});
    await until(
      'the log says that they are missing',
      () => linesAbout(worker, 'could not be loaded').length > 0,
    );
    expect(linesAbout(worker, 'could not be loaded')[0]?.cause).toContain('cors.xml');
    await (await kvOf(worker)).put('cors.xml', toXml(EVERYBODY));
    await until('they decide', async () => {
      const headers = corsHeaders(await object(worker));
      return JSON.stringify(headers) === JSON.stringify(EVERYBODY_HEADERS);
    });
    expect(bucket.rulesAsked).toEqual([]);
  });

  test('are the configuration of many buckets', async () => {
    const env = { BUCKET_URL: '', BUCKET_CORS_CONFIG: 'kv:edge.json' };
    const empty = await fresh(env);
    const refused = await object(empty, '/media/key');
    expect(refused.status).toBe(500);
    expect(element(refused, 'Fault')).toContain('edge.json');
    const config = { buckets: { media: { bucket: bucket.url, prefix: '/media' } } };
    await (await kvOf(empty)).put('edge.json', JSON.stringify(config));
    const worker = await fresh(env);
    expect(corsHeaders(await object(worker, '/media/key'))).toEqual(ONE_ORIGIN_HEADERS);
    expect(bucket.asked.map(({ target }) => target)).toEqual(['/key']);
    expect(element(await object(worker, '/other'), 'Code')).toBe('NoSuchBucket');
  });
});
