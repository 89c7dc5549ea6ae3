import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/node/metrics/metrics.ts';
import { EVENT } from '../../helpers/event.ts';
import { presence } from '../../helpers/program.ts';

const SERVER = 'http_server_request_duration_seconds';
const CLIENT = 'http_client_request_duration_seconds';
const DECISIONS = 'bucket_cors_decisions_total';

/** The samples of one metric, labels and value. */
async function samples({ render }: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const { text } = await render();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => line.slice(name.length));
}

describe('metrics', () => {
  test('count a request by its decision', async () => {
    const metrics = createMetrics();
    metrics.observe(EVENT);
    metrics.observe({ ...EVENT, method: 'HEAD' });
    metrics.observe({ ...EVENT, kind: 'preflight', decision: 'origin_not_allowed', status: 403 });
    expect(await samples(metrics, DECISIONS)).toEqual([
      '{bucket="b",kind="actual",reason="matched"} 2',
      '{bucket="b",kind="preflight",reason="origin_not_allowed"} 1',
    ]);
  });

  test('have the durations of requests by the labels of OpenTelemetry', async () => {
    const metrics = createMetrics();
    metrics.observe(EVENT);
    metrics.observe({ ...EVENT, totalMs: 500 });
    metrics.observe({ ...EVENT, secure: true, method: 'LINK', status: 405, code: 'MethodNotAllowed' });
    metrics.observe({ ...EVENT, status: 502, code: 'BucketUnreachable', bucketStatus: null });
    metrics.observe({ ...EVENT, status: 503, bucketStatus: 503 });
    metrics.observe({ ...EVENT, status: null, code: 'ClientGone' });
    expect(await samples(metrics, `${SERVER}_count`)).toEqual([
      '{bucket="b",http_request_method="GET",http_response_status_code="200",url_scheme="http"} 2',
      '{bucket="b",http_request_method="_OTHER",http_response_status_code="405",error_type="MethodNotAllowed",url_scheme="https"} 1',
      '{bucket="b",http_request_method="GET",http_response_status_code="502",error_type="BucketUnreachable",url_scheme="http"} 1',
      '{bucket="b",http_request_method="GET",http_response_status_code="503",error_type="503",url_scheme="http"} 1',
      '{bucket="b",http_request_method="GET",error_type="ClientGone",url_scheme="http"} 1',
    ]);
    expect((await samples(metrics, `${SERVER}_sum`))[0]).toMatch(/ 0\.53$/);
  });

  test("have the durations of the bucket's answers by its own status and address", async () => {
    const metrics = createMetrics();
    metrics.observe(EVENT);
    metrics.observe({ ...EVENT, status: 404, bucketStatus: 404 });
    metrics.observe({ ...EVENT, status: 502, code: 'BucketUnreachable', bucketStatus: null });
    metrics.observe({ ...EVENT, code: 'BucketBrokeOff', server: 'http://[::1]:9000' });
    // The edge answers in place of a bucket that refuses the edge's own key.
    metrics.observe({ ...EVENT, status: 500, code: 'InternalError', bucketStatus: 403, refusedKey: 403 });
    metrics.observe({ ...EVENT, kind: 'preflight', method: 'OPTIONS', bucketMs: null, bucketStatus: null });
    const at = 'server_address="bucket.example",server_port="443"';
    expect(await samples(metrics, `${CLIENT}_count`)).toEqual([
      `{bucket="b",http_request_method="GET",http_response_status_code="200",${at}} 1`,
      `{bucket="b",http_request_method="GET",http_response_status_code="404",error_type="404",${at}} 1`,
      `{bucket="b",http_request_method="GET",error_type="BucketUnreachable",${at}} 1`,
      '{bucket="b",http_request_method="GET",http_response_status_code="200",error_type="BucketBrokeOff",server_address="[::1]",server_port="9000"} 1',
      `{bucket="b",http_request_method="GET",http_response_status_code="403",error_type="403",${at}} 1`,
    ]);
    expect((await samples(metrics, `${CLIENT}_sum`))[0]).toMatch(/ 0\.02$/);
  });

  test('count a request without a bucket, which no rules decide', async () => {
    const metrics = createMetrics();
    const none = { bucket: null, label: null, kind: null, decision: null, server: null } as const;
    metrics.observe({
      ...EVENT,
      ...none,
      status: 400,
      code: 'InvalidURI',
      bucketMs: null,
      bucketStatus: null,
    });
    expect(await samples(metrics, `${SERVER}_count`)).toEqual([
      '{http_request_method="GET",http_response_status_code="400",error_type="InvalidURI",url_scheme="http"} 1',
    ]);
    for (const name of [DECISIONS, `${CLIENT}_count`, 'bucket_cors_requests_in_flight'])
      expect(await samples(metrics, name)).toEqual([]);
  });

  test('count bytes by direction', async () => {
    const metrics = createMetrics();
    metrics.observe({ ...EVENT, received: 7, sent: 11 });
    metrics.observe({ ...EVENT, received: 0, sent: 4 });
    expect(await samples(metrics, 'bucket_cors_body_bytes_total')).toEqual([
      '{bucket="b",direction="received"} 7',
      '{bucket="b",direction="sent"} 15',
    ]);
  });

  test('have gauges of what is under way, and count what the queue refuses', async () => {
    const metrics = createMetrics();
    metrics.observe(EVENT);
    metrics.observe({ ...EVENT, status: 503, code: 'BucketBusy', bucketMs: null });
    const worker = {};
    metrics.underway.of('c').inFlight = 2;
    metrics.underway.replace(worker, [{ bucket: 'c', inFlight: 3, queued: 1 }]);
    expect(await samples(metrics, 'bucket_cors_requests_refused_total')).toEqual(['{bucket="b"} 1']);
    expect(await samples(metrics, 'bucket_cors_requests_in_flight')).toEqual([
      '{bucket="c"} 5',
      '{bucket="b"} 0',
    ]);
    expect(await samples(metrics, 'bucket_cors_requests_queued')).toEqual([
      '{bucket="c"} 1',
      '{bucket="b"} 0',
    ]);
    metrics.underway.remove(worker);
    expect(await samples(metrics, 'bucket_cors_requests_in_flight')).toEqual([
      '{bucket="c"} 2',
      '{bucket="b"} 0',
    ]);
    expect(await samples(metrics, 'bucket_cors_requests_queued')).toEqual([
      '{bucket="c"} 0',
      '{bucket="b"} 0',
    ]);
  });

  test('do not grow with text that clients choose', async () => {
    const metrics = createMetrics();
    const lines = async () =>
      (await metrics.render()).text.split('\n').filter((line) => /^(?:bucket_|http_)/.test(line)).length;
    metrics.observe({ ...EVENT, received: 1, method: 'M' });
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
    expect(await samples(other, DECISIONS)).toEqual([]);
    const { type, text } = await one.render();
    expect(type).toMatch(/^text\/plain; version=/);
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain(`# HELP ${DECISIONS} `);
    expect(text).toContain(`bucket_cors_build_info{version="`);
  });
});

const { skipped, why } = presence('promtool', '--version', 'prometheus');

describe.skipIf(skipped)(`promtool${why}`, () => {
  test('finds nothing wrong with the text, empty or not', async () => {
    const metrics = createMetrics();
    const checked = async () => {
      const { text } = await metrics.render();
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      });
      return { status, said: `${stdout}${stderr}` };
    };
    expect(await checked()).toEqual({ status: 0, said: '' });
    metrics.observe({ ...EVENT, received: 3 });
    metrics.observe({ ...EVENT, label: 'a"b\\c\nd', status: 502, code: 'BucketUnreachable' });
    metrics.countClosed('idle');
    expect(await checked()).toEqual({ status: 0, said: '' });
  });
});
