import { collectDefaultMetrics, Registry } from 'prom-client';
import { VERSION } from '../../cli/version.ts';
import type { Observe } from '../../edge/observe.ts';
import { type Counts, type CountsTaken, createCounts } from './counts.ts';
import { metric, sample } from './prometheus.ts';
import { requestsText } from './requests.ts';
import { createUnderway, type UnderwayCounts } from './underway.ts';

export interface Metrics {
  readonly observe: Observe;
  readonly countClosed: Counts['countClosed'];
  /** Adds the counts of another process of this edge. */
  add(taken: CountsTaken): void;
  /** What was counted so far. */
  read(): CountsTaken;
  readonly underway: UnderwayCounts;
  /** Returns the counts in the Prometheus text format, with these families after them, and its content type. */
  render(...more: readonly string[]): Promise<{ type: string; text: string }>;
}

/** Counts requests by their decision. No label contains text that a client can choose, such as a path or an origin. */
export function createMetrics(linesDropped?: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const { observe, countClosed, add, read } = createCounts(
    linesDropped === undefined ? {} : { linesDropped },
  );
  const underway = createUnderway();
  return {
    observe,
    countClosed,
    add,
    read,
    underway,
    render: async (...more) => ({
      type: registry.contentType,
      text: [await registry.metrics(), BUILD, requestsText(read(), underway.read()), ...more].join('\n'),
    }),
  };
}

/** Gauges with the suffix of counters, which `promtool check metrics` refuses. Each is a sum of another one. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

const BUILD = metric('bucket_cors_build_info', 'gauge', 'The version of bucket-cors and of Node.js.', [
  sample('bucket_cors_build_info', { version: VERSION, node: process.versions.node }, 1),
]);
