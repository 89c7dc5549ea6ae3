import { VERSION } from '../../cli/version.ts';
import type { Observe } from '../../edge/observe.ts';
import { type Counts, type CountsTaken, createCounts } from './counts.ts';
import { processMetrics } from './process.ts';
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
  const ofProcess = processMetrics();
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
    render: async (...more) => {
      const { type, text } = await ofProcess();
      return { type, text: [text, BUILD, requestsText(read(), underway.read()), ...more].join('\n') };
    },
  };
}

const BUILD = metric('bucket_cors_build_info', 'gauge', 'The version of bucket-cors and of Node.js.', [
  sample('bucket_cors_build_info', { version: VERSION, node: process.versions.node }, 1),
]);
