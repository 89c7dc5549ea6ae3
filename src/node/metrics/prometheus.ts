import type { CountsTaken } from './counts.ts';
import { SECONDS } from './series.ts';

/** The counts in the Prometheus text format. */
export const countsText = (counts: CountsTaken): string =>
  [requestsText, secondsText, bytesText, closedText, linesText].map((text) => text(counts)).join('\n');

function requestsText({ kinds }: CountsTaken): string {
  const name = 'bucket_cors_requests_total';
  const help = 'Requests ended, by bucket, kind, reason of the decision, status and error code.';
  const lines = kinds.flatMap(({ bucket, kind, requests }) =>
    requests.map(([reason, status, code, count]) =>
      sample(name, { bucket, kind, reason, status: String(status), code }, count),
    ),
  );
  return metric(name, 'counter', help, lines);
}

function secondsText({ kinds }: CountsTaken): string {
  const name = 'bucket_cors_request_seconds';
  const lines = kinds.flatMap(({ bucket, kind, classes, seconds }) => {
    let count = 0;
    const upTo = [...SECONDS, '+Inf'].map((le, at) => {
      count += classes[at] ?? 0;
      return sample(`${name}_bucket`, { le: String(le), bucket, kind }, count);
    });
    return [
      ...upTo,
      sample(`${name}_sum`, { bucket, kind }, seconds),
      sample(`${name}_count`, { bucket, kind }, count),
    ];
  });
  return metric(name, 'histogram', 'Seconds from a request to the end of its answer.', lines);
}

function bytesText({ bytes }: CountsTaken): string {
  const name = 'bucket_cors_body_bytes_total';
  const lines = bytes.flatMap(({ bucket, received, sent }) =>
    Object.entries({ received, sent })
      .filter(([, count]) => count > 0)
      .map(([direction, count]) => sample(name, { bucket, direction }, count)),
  );
  return metric(name, 'counter', 'Body bytes, received from clients and sent to them.', lines);
}

function closedText({ closed }: CountsTaken): string {
  const name = 'bucket_cors_client_connections_closed_total';
  const lines = closed.map(([connection, count]) => sample(name, { connection }, count));
  return metric(name, 'counter', 'Connections of clients closed as there were too many.', lines);
}

function linesText({ linesDropped }: CountsTaken): string {
  const name = 'bucket_cors_log_lines_dropped_total';
  const help = 'Log lines dropped because standard output did not take them.';
  return metric(name, 'counter', help, [`${name} ${linesDropped}`]);
}

export const metric = (name: string, type: string, help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');

export function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(',')}} ${value}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '');
