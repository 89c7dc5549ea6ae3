import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, corsHeaders } from '../helpers/client.ts';
import { type FakeClock, fakeClock, skipped, WITH_FAKETIME } from '../helpers/faketime.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { A, EVERYBODY, EVERYBODY_HEADERS, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from '../suite/sets.ts';
import { adminOf, type RunningWorker, runWorker, TOKEN } from './worker.ts';

describe.skipIf(skipped)(`workerd's clock, set back 8 hours, ${WITH_FAKETIME}`, () => {
  let folder = '';
  let clock: FakeClock;
  let bucket: Upstream;
  let worker: RunningWorker;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-clock-'));
    clock = await fakeClock(join(folder, 'offset'));
    bucket = await openUpstream(ONE_ORIGIN);
  });
  afterEach(async () => {
    await worker.close();
    await bucket.close();
    await rm(folder, { recursive: true });
  });

  /** Only workerd is to go by the clock: it takes the variables that this process has when it is started. */
  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    Object.assign(process.env, clock.env);
    try {
      worker = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN, ...env } });
    } finally {
      for (const name of Object.keys(clock.env)) delete process.env[name];
    }
  }

  const decided = async () =>
    JSON.stringify(corsHeaders(await call(worker.url, { target: '/key', headers: ['Origin', A] })));

  test('does not stop the rules from being loaded at their ttl', async () => {
    await start({ RULES_TTL: '1s' });
    expect(await decided()).toBe(JSON.stringify(ONE_ORIGIN_HEADERS));
    await clock.set('-8h');
    bucket.rules = EVERYBODY;
    await until('the new rules decide', async () => (await decided()) === JSON.stringify(EVERYBODY_HEADERS));
    expect(await adminOf(worker)('/rules')).toMatchObject({ buckets: [{ state: 'fresh' }] });
  });

  test('does not defer MAX_STALE', async () => {
    await start({ RULES_TTL: '1s', MAX_STALE: '3s' });
    expect(await decided()).toBe(JSON.stringify(ONE_ORIGIN_HEADERS));
    await clock.set('-8h');
    bucket.rules = 'unknown';
    await until('the rules are given up', async () => (await decided()) === '{}');
  });
});
