import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call } from '../helpers/client.ts';
import { type FormName, signed } from '../helpers/signed.ts';
import { openSignedStore, type SignedStore } from '../helpers/signed-store.ts';
import { errorsOf, type RunningWorker, runWorker } from './_worker.ts';

const KEYS = { accessKeyId: 'AKIA-an-id', accessKeySecret: 'a-secret' };
const HOSTS = ['one.example', 'two.example'] as const;
const RULES = JSON.stringify({ CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }] });

/** Two buckets of the same keys, by host. */
let stores: readonly SignedStore[];
let worker: RunningWorker;
beforeAll(async () => {
  const open = () => openSignedStore({ dialect: 's3', bucket: 'media', region: 'us-east-1', keys: [KEYS] });
  stores = [await open(), await open()];
  const buckets = Object.fromEntries(
    HOSTS.map((host, at) => [
      `bucket${at}`,
      {
        bucket: stores[at]?.url,
        hosts: [host],
        bucketName: 'media',
        rules: RULES,
        store: 's3',
        region: 'us-east-1',
        objects: 'resign',
      },
    ]),
  );
  worker = await runWorker({
    env: {
      BUCKET_CORS_CONFIG: JSON.stringify({ buckets }),
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret,
    },
  });
});
beforeEach(() => {
  for (const { objects, seen } of stores) {
    objects.set('a', Buffer.from('content'));
    seen.length = 0;
  }
});
afterAll(async () => {
  const errors = errorsOf(worker);
  await worker.close();
  for (const store of stores) await store.close();
  expect(errors).toEqual([]);
});

const FORMS: readonly FormName[] = ['SigV4 header', 'SigV4 URL'];
const ROWS = FORMS.flatMap((form) =>
  HOSTS.flatMap((host) =>
    HOSTS.flatMap((signedFor) => HOSTS.map((at) => [form, signedFor, host, at] as const)),
  ),
);

// workerd routes by Host, whatever host the target has: the signature must be for the bucket that the request reaches.
test.each(ROWS)(
  'by %s, signed for %s, with the Host %s, a target at %s',
  async (form, signedFor, host, at) => {
    const about = { method: 'GET', target: '/a', keys: KEYS, bucket: 'media', region: 'us-east-1' };
    const sent = await signed(form, { ...about, host: signedFor });
    const headers = ['Host', host, ...sent.headers.slice(2)];
    const answered = await call(worker.url, { ...sent, headers, target: `http://${at}${sent.target}` });
    const right = signedFor === host;
    expect(answered.status).toBe(right ? 200 : 403);
    expect(stores.map(({ seen }) => seen.length)).toEqual(
      HOSTS.map((one) => (right && one === host ? 1 : 0)),
    );
  },
);
