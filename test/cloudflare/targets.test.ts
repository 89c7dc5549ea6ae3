import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, value } from '../helpers/client.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';
import { type RunningWorker, runWorker } from './_worker.ts';

let bucket: Upstream;
let worker: RunningWorker;
beforeAll(async () => {
  bucket = await openUpstream(ONE_ORIGIN);
  worker = await runWorker({ env: { BUCKET_URL: bucket.url } });
});
afterAll(async () => {
  await worker.close();
  await bucket.close();
});

// What docs/cloudflare.md says of targets.
test.each([
  ['/a?b#c', '/a?b'],
  ['/a\\b', '/a%5Cb'],
  ['/a?x=\\y', '/a?x=\\y'],
  ['/a{b}^"', '/a%7Bb%7D%5E%22'],
  ["/a'b?x='y'", "/a'b?x=%27y%27"],
])('%s arrives as %s', async (target, arrived) => {
  bucket.reset();
  await call(worker.url, { target });
  expect(bucket.asked.map((asked) => asked.target)).toEqual([arrived]);
});

test.each(['/a`b', '/a<b', '/a>b', '/a?"', '/a?<', '/a?>'])('%s is refused by workerd', async (target) => {
  bucket.reset();
  expect((await call(worker.url, { target })).status).toBe(400);
  expect(bucket.asked).toEqual([]);
});

test('rules requests bypass caches, and object requests leave caching to the client', async () => {
  bucket.reset();
  const fresh = await runWorker({ env: { BUCKET_URL: bucket.url } });
  await call(fresh.url, { target: '/key' });
  await fresh.close();
  const controls = [bucket.rulesAsked, bucket.asked].map((asked) =>
    asked.map(({ headers }) => value({ headers }, 'cache-control')),
  );
  expect(controls).toEqual([['no-cache'], [undefined]]);
});
