import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../helpers/client.ts';
import { rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { setOf } from '../suite/sets.ts';
import { type RunningWorker, runWorker } from './_worker.ts';

const A = 'https://a.example';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let bucket: Upstream;
let worker: RunningWorker | undefined;
beforeEach(async () => {
  bucket = await openUpstream(setOf(rule({ allowedOrigins: [A], allowedMethods: ['GET'] })));
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await bucket.close();
});

const linesOf = (msg: string) => worker?.lines.filter((line) => line.msg === msg) ?? [];

describe('the line of a request', () => {
  test('has the client, and why its page does not get the answer', async () => {
    worker = await runWorker({ env: { BUCKET_URL: bucket.url } });
    const client = ['User-Agent', 'curl/8', 'traceparent', TRACE, 'CF-Connecting-IP', '203.0.113.9'];
    const asked = [
      'Origin',
      A,
      'Access-Control-Request-Method',
      'PUT',
      'Access-Control-Request-Headers',
      'x-a',
    ];
    await call(worker.url, {
      method: 'OPTIONS',
      target: '/key?Signature=hush',
      headers: [...client, ...asked],
    });
    await call(worker.url, { target: '/key', headers: [...client, 'Origin', A, 'Cookie', 'hush=1'] });
    await until('both requests are logged', () => linesOf('request').length === 2);
    const [refused, lost] = linesOf('request');
    expect(refused).toMatchObject({
      decision: 'method_not_allowed',
      asked: { method: 'PUT', headers: 'x-a' },
      because: `Rule 1 allows the origin ${A} but not the method PUT; rule 1 lists GET.`,
      host: new URL(worker.url).host,
      userAgent: 'curl/8',
      traceparent: TRACE,
    });
    expect(lost).toMatchObject({ decision: 'matched', lacksCredentials: true });
    expect(lost?.because).toContain('--dangerously-allow-credentials');
    expect(linesOf('refused by the rules')).toMatchObject([{ level: 'warn', origin: A }]);
    expect(linesOf('lost by the page')).toMatchObject([{ level: 'warn', origin: A }]);
    expect(JSON.stringify(worker.lines)).not.toContain('hush');
  });

  // workerd has these words for a connection that is refused, too.
  test('says why a bucket is unreachable', async () => {
    worker = await runWorker({ env: { BUCKET_URL: 'http://127.0.0.1:1' } });
    expect((await call(worker.url, { target: '/key' })).status).toBe(502);
    await until('the request is logged', () => linesOf('request').length === 1);
    expect(linesOf('request')).toMatchObject([
      { level: 'error', code: 'BucketBrokeOff', cause: 'Network connection lost.' },
    ]);
  });

  test('is left out as LOG_REQUESTS says, but refusals are counted', async () => {
    worker = await runWorker({ env: { BUCKET_URL: bucket.url, LOG_REQUESTS: 'errors' } });
    await call(worker.url, { target: '/key', headers: ['Origin', 'https://b.example'] });
    await until('the refusal is logged', () => linesOf('refused by the rules').length === 1);
    expect(linesOf('request')).toEqual([]);
  });
});
