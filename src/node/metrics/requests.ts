import { boundedSeries, bucketNames } from './bounded.ts';
import type { CountsTaken } from './counts.ts';
import { histogramLines, metric, type Part, sample, sumLines } from './prometheus.ts';
import { countOf, type Durations, type Series } from './series.ts';
import type { BucketUnderway } from './underway.ts';

/** The counts of requests in the Prometheus text format. */
export function requestsText(counts: CountsTaken, underway: readonly BucketUnderway[]): string {
  const named = bucketNames();
  const series = boundedSeries(counts.series, named);
  return [
    serverText(series),
    clientText(series),
    decisionsText(series),
    underwayText(
      series,
      underway.map((one) => ({ ...one, bucket: named(one.bucket) })),
    ),
    refusedText(series),
    bytesText(series),
    closedText(counts),
    linesText(counts),
  ].join('\n');
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
function serverText(series: readonly Series[]): string {
  const name = 'http_server_request_duration_seconds';
  const parts = series.map((one): Part<Durations> => {
    const { bucket, method, status, secure } = one;
    const labels = {
      bucket,
      http_request_method: method,
      http_response_status_code: textOf(status),
      error_type: errorOf(one),
      url_scheme: secure ? 'https' : 'http',
    };
    return [labels, one.client];
  });
  const help = 'Seconds from a request until the end of its answer.';
  return metric(name, 'histogram', help, histogramLines(name, parts));
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration */
function clientText(series: readonly Series[]): string {
  const name = 'http_client_request_duration_seconds';
  const parts = series.flatMap((one): readonly Part<Durations>[] => {
    const { bucket, method, server, bucketStatus, bucketAnswer } = one;
    if (bucketAnswer === null) return [];
    const labels = {
      bucket,
      http_request_method: method,
      http_response_status_code: textOf(bucketStatus),
      error_type: bucketErrorOf(one),
      ...addressOf(server),
    };
    return [[labels, bucketAnswer]];
  });
  const help = 'Seconds from a request to a bucket until the end of its answer.';
  return metric(name, 'histogram', help, histogramLines(name, parts));
}

const textOf = (status: number | null): string => (status === null ? '' : String(status));

/**
 * The type of an error: the code of the edge or, of a failed answer of the bucket, its status.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type
 */
const errorOf = ({ code, status }: Series): string =>
  code !== '' ? code : textOf(status !== null && status >= 500 ? status : null);

/** To the edge as a client, a 4xx is an error too. A code beside a complete answer is the edge's own about its client. */
const bucketErrorOf = ({ code, bucketStatus }: Series): string =>
  bucketStatus !== null && bucketStatus >= 400 ? String(bucketStatus) : code;

/** The host and port of an address `https://bucket.example`. */
function addressOf(server: string): { server_address: string; server_port: string } {
  const url = URL.parse(server);
  if (url === null) return { server_address: server, server_port: '' };
  const { hostname, port, protocol } = url;
  return { server_address: hostname, server_port: port || (protocol === 'https:' ? '443' : '80') };
}

function decisionsText(series: readonly Series[]): string {
  const name = 'bucket_cors_decisions_total';
  const parts = series
    .filter(({ reason }) => reason !== '')
    .map(({ bucket, kind, reason, client }): Part<number> => [{ bucket, kind, reason }, countOf(client)]);
  return metric(name, 'counter', 'Decisions of the rules, by kind and reason.', sumLines(name, parts));
}

function underwayText(series: readonly Series[], underway: readonly BucketUnderway[]): string {
  // A gauge of zero stays, for a bucket whose worker process has nothing to report.
  const none = bucketsOf(series).map((bucket) => ({ bucket, inFlight: 0, queued: 0 }));
  const all = [...underway, ...none];
  const gauge = (name: string, help: string, of: (one: BucketUnderway) => number): string => {
    const parts = all.map((one): Part<number> => [{ bucket: one.bucket }, of(one)]);
    return metric(name, 'gauge', help, sumLines(name, parts));
  };
  return [
    gauge(
      'bucket_cors_requests_in_flight',
      'Requests for a bucket that have not ended, with those that wait.',
      ({ inFlight }) => inFlight,
    ),
    gauge(
      'bucket_cors_requests_queued',
      'Requests that wait for a connection to their bucket.',
      ({ queued }) => queued,
    ),
  ].join('\n');
}

/** The buckets that requests were for, each once. */
const bucketsOf = (series: readonly Series[]): readonly string[] => [
  ...new Set(series.flatMap(({ bucket }) => (bucket === '' ? [] : bucket))),
];

function refusedText(series: readonly Series[]): string {
  const name = 'bucket_cors_requests_refused_total';
  const help = 'Requests refused because too many wait for their bucket, or wait for too long.';
  const parts = series
    .filter(({ bucket }) => bucket !== '')
    .map(
      ({ bucket, code, client }): Part<number> => [{ bucket }, code === 'BucketBusy' ? countOf(client) : 0],
    );
  return metric(name, 'counter', help, sumLines(name, parts));
}

function bytesText(series: readonly Series[]): string {
  const name = 'bucket_cors_body_bytes_total';
  const parts = series.flatMap(({ bucket, received, sent }) =>
    Object.entries({ received, sent })
      .filter(([, count]) => count > 0)
      .map(([direction, count]): Part<number> => [{ bucket, direction }, count]),
  );
  const help = 'Body bytes, received from clients and sent to them.';
  return metric(name, 'counter', help, sumLines(name, parts));
}

function closedText({ closed }: CountsTaken): string {
  const name = 'bucket_cors_client_connections_closed_total';
  const lines = closed.map(([connection, count]) => sample(name, { connection }, count));
  return metric(name, 'counter', 'Connections of clients closed as there were too many.', lines);
}

function linesText({ linesDropped }: CountsTaken): string {
  const name = 'bucket_cors_log_lines_dropped_total';
  const help = 'Log lines dropped because standard output did not take them.';
  return metric(name, 'counter', help, [sample(name, {}, linesDropped)]);
}
