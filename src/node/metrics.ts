import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Observe } from '../edge/observe.ts';

export interface Metrics {
  readonly observe: Observe;
  /** The Prometheus text format and its content type. */
  render(): Promise<{ type: string; text: string }>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts requests by what was decided. No label holds what a client can invent: no path, no origin. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'bucket_cors_requests_total',
    help: 'Requests ended, by bucket, kind, reason of the decision, status and error code.',
    labelNames: ['bucket', 'kind', 'reason', 'status', 'code'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'bucket_cors_request_seconds',
    help: 'Seconds from a request to the end of its answer.',
    labelNames: ['bucket', 'kind'] as const,
    buckets: SECONDS,
    registers,
  });
  const bytes = new Counter({
    name: 'bucket_cors_body_bytes_total',
    help: 'Body bytes, received from clients and sent to them.',
    labelNames: ['bucket', 'direction'] as const,
    registers,
  });
  return {
    observe: (event) => {
      const bucket = event.bucket ?? '';
      const kind = event.kind ?? '';
      const reason = event.decision ?? '';
      requests.inc({ bucket, kind, reason, status: event.status ?? '', code: event.code ?? '' });
      seconds.observe({ bucket, kind }, event.totalMs / 1000);
      if (event.received > 0) bytes.inc({ bucket, direction: 'received' }, event.received);
      if (event.sent > 0) bytes.inc({ bucket, direction: 'sent' }, event.sent);
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
