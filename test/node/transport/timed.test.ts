import { afterEach, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { until } from '../../helpers/until.ts';
import type { Edge } from '../../suite/runtime.ts';
import { A, ONE_ORIGIN } from '../../suite/sets.ts';

const WAIT = 150;
let edge: Edge;
afterEach(() => edge.close());

const event = async () => {
  await until('an event', () => edge.events.length === 1);
  return edge.events[0];
};
const later = (task: () => void) => void setTimeout(task, WAIT);

test('the time of the bucket lasts until the end of its answer', async () => {
  edge = await openOnNode({ rules: ONE_ORIGIN });
  edge.bucket.script = (_asked, _incoming, outgoing) => {
    outgoing.writeHead(200, { 'Content-Length': 10 }).write('begun');
    later(() => outgoing.end('ended'));
  };
  await call(edge.url, { target: '/key', headers: ['Origin', A] });
  const found = await event();
  expect(found).toMatchObject({ bucketStatus: 200, server: edge.bucket.url, secure: false });
  expect(found?.bucketMs).toBeGreaterThan(WAIT * 0.9);
  expect(found?.bucketMs).toBeLessThanOrEqual(found?.totalMs ?? 0);
  expect(found?.headMs).toBeLessThan(found?.bucketMs ?? 0);
});

test('a bucket that was not asked, as too many requests wait for it, has no time', async () => {
  edge = await openOnNode({ rules: ONE_ORIGIN }, { connections: 1, queue: 0, wait: 1_000 });
  const ended: (() => void)[] = [];
  edge.bucket.script = (_asked, _incoming, outgoing) => void ended.push(() => outgoing.end());
  const first = call(edge.url, { target: '/held', headers: [] });
  await until('the bucket is asked', () => ended.length === 1);
  expect((await call(edge.url, { target: '/key', headers: [] })).status).toBe(503);
  expect(await event()).toMatchObject({ code: 'BucketBusy', bucketMs: null, bucketStatus: null });
  for (const end of ended) end();
  await first;
});
