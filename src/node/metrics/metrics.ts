import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Observe } from '../../edge/observe.ts';
import { type Counts, type CountsTaken, createCounts } from './counts.ts';
import { countsText } from './prometheus.ts';

export interface Metrics {
  readonly observe: Observe;
  readonly countClosed: Counts['countClosed'];
  /** Adds what another process of this edge has counted. */
  add(taken: CountsTaken): void;
  /** The Prometheus text format and its content type. */
  render(): Promise<{ type: string; text: string }>;
}

/** Counts requests by what was decided. No label holds what a client can invent: no path, no origin. */
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
