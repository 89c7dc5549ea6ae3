import type { GivenOptions } from '../config/read.ts';
import type { StoreConfig } from '../config/store.ts';
import type { Fault } from '../document/fault.ts';
import { type Running, start } from '../node/start.ts';
import type { Arguments, Ending, Terminal } from './command.ts';
import { configure } from './configure.ts';
import { run } from './run.ts';

const NO_BUCKET: Fault = {
  place: '--bucket',
  reason: 'is missing: there is no bucket to serve',
  write: '--bucket "oss://my-bucket?region=cn-hangzhou", or try "bucket-cors demo" without one',
};

/** Serves the configured buckets until a signal ends the process. */
export async function serveBuckets(args: Arguments, { env }: Terminal): Promise<Ending> {
  const noBucket = ({ bucket, storeUrl, config }: GivenOptions) =>
    bucket === undefined && storeUrl === undefined && config === undefined ? [NO_BUCKET] : [];
  const configured = await configure(args, env, noBucket, ['demoPort']);
  if (!configured.ok) return configured.faults;
  const { config, buckets, store, places, warnings } = configured.value;
  await run(async () => {
    const running = await start(config, buckets, { env, places, warnings, store });
    return { running, lines: linesOf(running, store), delay: config.shutdownDelay };
  }, config.config);
  return 'serving';
}

/** The addresses, one line each. */
export function linesOf({ url, adminUrl, buckets }: Running, store: StoreConfig | null = null): string[] {
  const [first, ...more] = buckets();
  const named =
    first === undefined || more.length > 0
      ? `${buckets().length} buckets`
      : `bucket: ${first.name}, rules: ${first.source.name}`;
  const all = store === null ? '' : `all buckets of ${store.place.address.base}${store.place.address.path}`;
  const what = store === null ? named : first === undefined ? all : `${named}; ${all}`;
  return [`edge      ${url}  (${what})`, `admin     ${adminUrl}`];
}
