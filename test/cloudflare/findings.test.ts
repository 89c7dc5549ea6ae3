import { afterEach, beforeEach, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { call } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { setOf } from '../suite/sets.ts';
import { adminOf, type RunningWorker, runWorker, TOKEN } from './_worker.ts';

const SLASH = 'https://a.example/';
const rulesFor = (origin: string) =>
  setOf(rule({ allowedOrigins: [origin], allowedMethods: ['GET', 'HEAD'], maxAgeSeconds: 600 }));

let bucket: Upstream;
let worker: RunningWorker;
beforeEach(async () => {
  bucket = await openUpstream(rulesFor(SLASH));
});
afterEach(async () => {
  await worker.close();
  await bucket.close();
});

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  worker = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN, ...env }, kv: true });
}

const logged = () => worker.lines.filter(({ code }) => code === 'BC101');
const shown = async () => {
  const { buckets } = (await adminOf(worker)('/rules')) as { buckets: { warnings: { code?: string }[] }[] };
  return buckets[0]?.warnings.filter(({ code }) => code === 'BC101');
};
const SLASH_FOUND = {
  code: 'BC101',
  severity: 'error',
  place: 'CORSRule[1]/AllowedOrigin[1]',
  value: SLASH,
};

test("findings in the bucket's rules are logged once for a version, and stand in /rules", async () => {
  await start({});
  await call(worker.url, { target: '/key' });
  await until('the finding is logged', () => logged().length > 0);
  await adminOf(worker)('/refresh', 'POST');
  await call(worker.url, { target: '/key' });
  expect(await shown()).toEqual([expect.objectContaining(SLASH_FOUND)]);
  expect(logged()).toEqual([
    expect.objectContaining({ level: 'warn', msg: 'rules: finding', ...SLASH_FOUND }),
  ]);
  bucket.rules = rulesFor('https://b.example/');
  await adminOf(worker)('/refresh', 'POST');
  await until('the finding in other rules is logged', () => logged().length === 2);
  expect(await shown()).toMatchObject([{ value: 'https://b.example/' }]);
});

test('findings in rules at a key of KV are logged, and stand in /rules', async () => {
  await start({ CORS_RULES: 'kv:cors.xml' });
  const { RULES_KV: kv } = await worker.miniflare.getBindings<{
    RULES_KV: { put(key: string, text: string): Promise<void> };
  }>();
  await kv.put('cors.xml', toXml(rulesFor(SLASH)));
  await call(worker.url, { target: '/key' });
  await until('the finding is logged', () => logged().length > 0);
  expect(logged()).toMatchObject([{ source: 'kv:cors.xml', ...SLASH_FOUND }]);
  expect(await shown()).toEqual([expect.objectContaining(SLASH_FOUND)]);
});
