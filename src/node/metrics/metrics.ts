import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Observe } from '../../edge/observe.ts';
import { type Counts, type CountsTaken, createCounts } from './counts.ts';
import { countsText } from './prometheus.ts';

export interface Metrics {
  readonly observe: Observe;
  readonly countClosed: Counts['countClosed'];
  /** Adds the counts of another process of this edge. */
  add(taken: CountsTaken): void;
  /** Returns the counts in the Prometheus text format, and its content type. */
  render(): Promise<{ type: string; text: string }>;
}

/** Counts requests by their decision. No label contains text that a client can choose, such as a path or an origin. */
export function createMetrics(linesDropped?: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { observe, countClosed, add, read } = createCounts(
    linesDropped === undefined ? {} : { linesDropped },
  );
  return {
    observe,
    countClosed,
    add,
    render: async () => ({
      type: registry.contentType,
      text: `${await registry.metrics()}\n${countsText(read())}`,
    }),
  };
}
