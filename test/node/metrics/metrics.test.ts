import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/node/metrics/metrics.ts';
import { EVENT } from '../../helpers/event.ts';

/** The samples of one metric, labels and value. */
async function samples({ render }: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const { text } = await render();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

const REQUESTS = 'bucket_cors_requests_total';

describe('metrics', () => {
  test('count a request by its decision', async () => {
    const metrics = createMetrics();
    metrics.observe(EVENT);
    metrics.observe(EVENT);
    metrics.observe({ ...EVENT, kind: 'preflight', decision: 'origin_not_allowed', status: 403 });
    metrics.observe({ ...EVENT, code: 'BucketUnreachable', status: 502 });
    expect(await samples(metrics, REQUESTS)).toEqual([
      `${REQUESTS}{bucket="b",kind="actual",reason="matched",status="200",code=""} 2`,
      `${REQUESTS}{bucket="b",kind="actual",reason="matched",status="502",code="BucketUnreachable"} 1`,
      `${REQUESTS}{bucket="b",kind="preflight",reason="origin_not_allowed",status="403",code=""} 1`,
    ]);
  });

  test('count a request without a bucket, and one without a response', async () => {
    const metrics = createMetrics();
    metrics.observe({
      ...EVENT,
      bucket: null,
      label: null,
      kind: null,
      decision: null,
      status: 400,
      code: 'InvalidURI',
    });
    metrics.observe({ ...EVENT, status: null, code: 'ClientGone' });
    expect(await samples(metrics, REQUESTS)).toEqual([
      `${REQUESTS}{bucket="",kind="",reason="",status="400",code="InvalidURI"} 1`,
      `${REQUESTS}{bucket="b",kind="actual",reason="matched",status="",code="ClientGone"} 1`,
    ]);
  });

  test('count bytes by direction, and time in seconds', async () => {
    const metrics = createMetrics();
    metrics.observe({ ...EVENT, received: 7, sent: 11 });
    metrics.observe({ ...EVENT, received: 0, sent: 4 });
    expect(await samples(metrics, 'bucket_cors_body_bytes_total')).toEqual([
      'bucket_cors_body_bytes_total{bucket="b",direction="received"} 7',
      'bucket_cors_body_bytes_total{bucket="b",direction="sent"} 15',
    ]);
    expect(await samples(metrics, 'bucket_cors_request_seconds_sum')).toEqual([
      'bucket_cors_request_seconds_sum{bucket="b",kind="actual"} 0.06',
    ]);
    expect(await samples(metrics, 'bucket_cors_request_seconds_count')).toEqual([
      'bucket_cors_request_seconds_count{bucket="b",kind="actual"} 2',
    ]);
  });

  test('do not grow with text that clients choose', async () => {
    const metrics = createMetrics();
    const lines = async () =>
      (await metrics.render()).text.split('\n').filter((line) => line.startsWith('bucket_')).length;
    metrics.observe({ ...EVENT, received: 1 });
    const before = await lines();
    for (let at = 0; at < 200; at += 1) {
      metrics.observe({
        ...EVENT,
        received: 1,
        method: `M${at}`,
        path: `/p${at}`,
        origin: `https://o${at}.example`,
        requestId: `R${at}`,
        rule: at,
        rulesVersion: `v${at}`,
      });
    }
    expect(await lines()).toBe(before);
    expect((await metrics.render()).text).not.toMatch(/M7|\/p7|o7\.example|R7|v7/);
  });

  test('are separate for each edge, and include those of the process', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.observe(EVENT);
    expect(await samples(other, REQUESTS)).toEqual([]);
    const { type, text } = await one.render();
    expect(type).toMatch(/^text\/plain; version=/);
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain(`# HELP ${REQUESTS} `);
  });
});
