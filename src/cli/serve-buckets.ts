import type { GivenOptions } from '../config/read.ts';
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
  const noBucket = ({ bucket, config }: GivenOptions) =>
    bucket === undefined && config === undefined ? [NO_BUCKET] : [];
  const configured = await configure(args, env, noBucket, ['demoPort']);
  if (!configured.ok) return configured.faults;
  const { config, buckets, places, warnings } = configured.value;
  await run(async () => {
    const running = await start(config, buckets, { env, places, warnings });
    return { running, lines: linesOf(running) };
  }, config.config);
  return 'serving';
}

/** The addresses, one line each. */
export function linesOf({ url, adminUrl, buckets }: Running): string[] {
  const [first, ...more] = buckets();
  const what =
    first === undefined || more.length > 0
      ? `${buckets().length} buckets`
      : `bucket: ${first.name}, rules: ${first.source.name}`;
  return [`edge      ${url}  (${what})`, `admin     ${adminUrl}`];
}
