import { describe, expect, test } from 'vitest';
import { linesWith } from '../../cli/_edges.ts';
import { call } from '../_running.ts';
import { connections, OTHER, THIRD, upload } from './_attack.ts';
import { expectServed, PATIENCE, probe, tooSlow, under, useTarget } from './_target.ts';

const GRACE = 5_000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.concurrent('while one address has all of a bucket, another is served', () => {
  const at = useTarget({
    stalled: {},
    dribbling: {},
    proxied: { trustForwarded: true },
    alone: {},
    within: {},
  });

  test('beside 256 stalled uploads', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'stalled', connections(at(), 256, upload('stalled')));
    await expectServed(at(), 'stalled');
    expect(tooSlow(at(), 'stalled')[0]).toMatchObject({ level: 'warn', status: 408 });
    const { text } = await call(`${at().adminUrl}/metrics`);
    expect(text).toMatch(/bucket="stalled",.*status_code="408",error_type="ClientTooSlow",.*\} \d/);
    expect(linesWith(at(), /more than its share/)[0]).toMatchObject({ level: 'warn', requests: 256 });
  });

  test('beside 256 uploads of a byte a second', { timeout: PATIENCE }, async (context) => {
    const every = 1_000;
    await under(context, at(), 'dribbling', connections(at(), 256, upload('dribbling'), { every }));
    await expectServed(at(), 'dribbling');
  });

  test('if both are clients of one trusted proxy', { timeout: PATIENCE }, async (context) => {
    const forwarded = upload('proxied', 'X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n');
    await under(context, at(), 'proxied', connections(at(), 256, forwarded, { from: OTHER }));
    await expectServed(at(), 'proxied', { 'X-Forwarded-For': '192.0.2.1, 192.0.2.2' });
  });

  test('and a slow client loses no connection while no other client sends requests', {
    timeout: PATIENCE,
  }, async (context) => {
    const uploads = await under(context, at(), 'alone', connections(at(), 256, upload('alone')));
    await pause(2 * GRACE);
    expect(uploads.open()).toBe(256);
    expect(tooSlow(at(), 'alone')).toEqual([]);
  });

  test('and a slow client within its share loses no connection', { timeout: PATIENCE }, async (context) => {
    const within = connections(at(), 64, upload('within'));
    context.onTestFinished(within.end);
    await under(context, at(), 'within', connections(at(), 192, upload('within'), { from: OTHER }));
    await pause(GRACE);
    for (let asked = 0; asked < 20; asked += 1) expect((await probe(at(), 'within', THIRD)).status).toBe(200);
    expect(within.open()).toBe(64);
    expect(tooSlow(at(), 'within').length).toBeGreaterThan(0);
  });
});

describe.concurrent('with --client-share 0', () => {
  const at = useTarget({ stalled: {} }, ['--client-share', '0']);

  test('a slow client loses no connection, and another gets 503', { timeout: PATIENCE }, async (context) => {
    const uploads = await under(context, at(), 'stalled', connections(at(), 256, upload('stalled')));
    expect((await probe(at(), 'stalled')).status).toBe(503);
    expect(uploads.open()).toBe(256);
  });
});
