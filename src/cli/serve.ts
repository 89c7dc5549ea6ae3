import type { GivenOptions } from '../config/read.ts';
import type { Fault } from '../document/fault.ts';
import { type Running, start } from '../node/start.ts';
import { configure, type Environment } from './configure.ts';
import { run } from './run.ts';

const NO_BUCKET: Fault = {
  place: '--bucket',
  reason: 'is missing: there is no bucket to serve',
  write: '--bucket "oss://my-bucket?region=cn-hangzhou", or try "bucket-cors demo" without one',
};

/** Serves the configured buckets until a signal ends the process. */
export async function serve(args: readonly string[], env: Environment): Promise<void> {
  const noBucket = ({ bucket, config }: GivenOptions) =>
    bucket === undefined && config === undefined ? [NO_BUCKET] : [];
  const configured = await configure(args, env, noBucket, ['demoPort']);
  if (configured === null) return;
  const { config, buckets, places, warnings } = configured;
  await run(async () => {
    const running = await start(config, buckets, { env, places, warnings });
    return { running, lines: linesOf(running) };
  }, config.config);
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
