import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { linesWith } from '../cli/edges.ts';
import { FILES } from '../helpers/tls.ts';
import { until } from '../helpers/until.ts';
import {
  ATTACKER,
  type Attack,
  connections,
  download,
  flood,
  OTHER,
  probe,
  probes,
  streams,
  type Target,
  THIRD,
  target,
  upload,
} from './attack.ts';
import { call } from './running.ts';

// Every case waits for the grace of five seconds, so they run side by side, each against a bucket of its own.
const LIMIT = 90_000;
const GRACE = 5_000;

/** The program, for the tests of a block. */
function useTarget(...given: Parameters<typeof target>): () => Target {
  let opened: Target | undefined;
  beforeAll(async () => {
    opened = await target(...given);
  }, LIMIT);
  afterAll(() => opened?.close());
  return () => {
    if (opened === undefined) throw new Error('the program does not run');
    return opened;
  };
}

/** Waits until an attack has taken what there is of a bucket; it ends with the test. */
async function under(
  at: Target,
  name: string,
  attack: Attack | Promise<Attack>,
  places = 256,
): Promise<Attack> {
  const begun = await attack;
  onTestFinished(begun.end);
  await until('the bucket is taken', () => at.asked(name) >= places, LIMIT);
  return begun;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const tooSlow = (at: Target, name: string) =>
  linesWith(at, /^request$/).filter(({ code, bucket }) => code === 'ClientTooSlow' && bucket === name);

async function expectServed(at: Target, name: string, headers?: Record<string, string>): Promise<void> {
  const { statuses, p99 } = await probes(at, name, headers);
  expect(statuses).toEqual([200]);
  expect(p99).toBeLessThan(1_000);
}

describe.concurrent('while one address has all of a bucket, another is served', () => {
  const at = useTarget({
    stalled: {},
    dribbling: {},
    flooded: {},
    proxied: { trustForwarded: true },
    alone: {},
    within: {},
  });

  test('beside 256 uploads that stand still', { timeout: LIMIT }, async () => {
    await under(at(), 'stalled', connections(at(), 256, upload('stalled')));
    await expectServed(at(), 'stalled');
    expect(tooSlow(at(), 'stalled')[0]).toMatchObject({ level: 'warn', status: 408 });
    const { text } = await call(`${at().adminUrl}/metrics`);
    expect(text).toMatch(/bucket="stalled",.*status="408",code="ClientTooSlow"\} \d/);
    expect(linesWith(at(), /more than its share/)[0]).toMatchObject({ level: 'warn', requests: 256 });
  });

  test('beside 256 uploads of a byte a second', { timeout: LIMIT }, async () => {
    const every = 1_000;
    await under(at(), 'dribbling', connections(at(), 256, upload('dribbling'), { every }));
    await expectServed(at(), 'dribbling');
  });

  test('beside 256 requests under way and 600 more that wait', { timeout: LIMIT }, async () => {
    await under(at(), 'flooded', flood(at(), 856, 'flooded'));
    await expectServed(at(), 'flooded');
  });

  test('where both are clients of one trusted proxy', { timeout: LIMIT }, async () => {
    const forwarded = upload('proxied', 'X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n');
    await under(at(), 'proxied', connections(at(), 256, forwarded, { from: OTHER }));
    await expectServed(at(), 'proxied', { 'X-Forwarded-For': '192.0.2.1, 192.0.2.2' });
  });

  test('and a slow client loses nothing for as long as nobody else asks', { timeout: LIMIT }, async () => {
    const uploads = await under(at(), 'alone', connections(at(), 256, upload('alone')));
    await pause(2 * GRACE);
    expect(uploads.open()).toBe(256);
    expect(tooSlow(at(), 'alone')).toEqual([]);
  });

  test('and a slow client within its share loses nothing', { timeout: LIMIT }, async () => {
    const within = connections(at(), 64, upload('within'));
    onTestFinished(within.end);
    await under(at(), 'within', connections(at(), 192, upload('within'), { from: OTHER }));
    await pause(GRACE);
    for (let asked = 0; asked < 20; asked += 1) expect((await probe(at(), 'within', THIRD)).status).toBe(200);
    expect(within.open()).toBe(64);
    expect(tooSlow(at(), 'within').length).toBeGreaterThan(0);
  });
});

describe.concurrent('while one address has two full HTTP/2 connections, another is served', () => {
  const at = useTarget({ up: {}, down: {} }, ['--tls-cert', FILES.cert, '--tls-key', FILES.key]);

  test('beside uploads that stand still', { timeout: LIMIT }, async () => {
    await under(at(), 'up', streams(at(), 2, 'up', true));
    await expectServed(at(), 'up');
  });

  test('beside downloads that are not read', { timeout: LIMIT }, async () => {
    await under(at(), 'down', streams(at(), 2, 'down', false));
    await expectServed(at(), 'down');
    // The head was out: the answer is broken off.
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});

describe('while one address has downloads that it does not read, another is served', () => {
  // Each of them fills the buffers of two systems first.
  const at = useTarget({ down: {} }, ['--connections', '32']);

  test('over HTTP/1.1', { timeout: LIMIT }, async () => {
    await under(at(), 'down', connections(at(), 32, download('down')), 32);
    await expectServed(at(), 'down');
    expect(tooSlow(at(), 'down')[0]).toMatchObject({ level: 'warn', status: 200 });
  });
});

describe('while one address has all of both worker processes, another is served', () => {
  const at = useTarget({ stalled: {} }, ['--workers', '2']);

  test('beside 256 uploads that stand still', { timeout: LIMIT }, async () => {
    await under(at(), 'stalled', connections(at(), 256, upload('stalled')));
    await expectServed(at(), 'stalled');
    expect(linesWith(at(), /more than its share/)[0]).toMatchObject({ client: ATTACKER, requests: 128 });
  });
});

describe('with --client-share 0', () => {
  const at = useTarget({ stalled: {} }, ['--client-share', '0']);

  test('a slow client loses nothing, and another gets 503', { timeout: LIMIT }, async () => {
    const uploads = await under(at(), 'stalled', connections(at(), 256, upload('stalled')));
    expect((await probe(at(), 'stalled')).status).toBe(503);
    expect(uploads.open()).toBe(256);
  });
});
