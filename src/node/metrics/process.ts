import type { Registry } from 'prom-client';

/** Gauges with the suffix of counters, which `promtool check metrics` refuses. Each is a sum of another one. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * Returns prom-client's metrics of this process. It is loaded at the first call, since a scrape is the only thing that
 * needs it: garbage collections and the lag of the event loop are counted from then on.
 */
export function processMetrics(): () => Promise<{ type: string; text: string }> {
  let opened: Promise<Registry> | undefined;
  return async () => {
    opened ??= openRegistry().catch((error) => {
      // Tried again at the next scrape: files may be scarce for a while.
      opened = undefined;
      throw error;
    });
    const registry = await opened;
    return { type: registry.contentType, text: await registry.metrics() };
  };
}

async function openRegistry(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return registry;
}
