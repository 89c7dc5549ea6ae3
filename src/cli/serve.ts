import type { GivenOptions } from '../config/read.ts';
import type { Fault } from '../document/fault.ts';
import { type Running, start } from '../node/start.ts';
import type { Arguments, Command, Ending, Terminal } from './command.ts';
import { configure } from './configure.ts';
import { OPTION_FLAGS } from './flags.ts';
import { run } from './run.ts';

const NO_BUCKET: Fault = {
  place: '--bucket',
  reason: 'is missing: there is no bucket to serve',
  write: '--bucket "oss://my-bucket?region=cn-hangzhou", or try "bucket-cors demo" without one',
};

/** The exit codes of the commands that serve. */
export const SERVE_EXITS: Command['exits'] = [
  { code: 0, when: 'A signal (SIGTERM, SIGINT) ended it, and requests in flight are finished.' },
  { code: 1, when: 'It could not start: a port, a folder, keys or a rules document is faulty.' },
  { code: 2, when: 'The command line or the configuration is faulty.' },
];

export const serve: Command = {
  name: 'serve',
  group: 'Serve a bucket',
  summary: 'Serve buckets with their own CORS rules',
  words: '',
  maxWords: 0,
  about:
    "Serves a bucket, or the buckets of a configuration file. It answers preflights by the bucket's own rules, and streams objects through with one right set of CORS headers. Each flag has an environment variable that means the same, and a second one: BUCKET_CORS_ and the flag's name in capitals, which comes first. A flag comes before both, and they before a configuration file. Addresses go to standard error, the log to standard output. SIGHUP reads the configuration file and all rules again.",
  flags: OPTION_FLAGS,
  examples: [
    {
      line: "bucket-cors serve --bucket 'oss://my-bucket?region=cn-hangzhou'",
      about: 'A bucket of OSS, by its own rules. Keys come from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET.',
    },
    {
      line: "bucket-cors serve --bucket 's3://my-bucket?region=eu-central-1' --rules ./cors.xml",
      about: 'A bucket of S3, by the rules in a file.',
    },
    { line: 'bucket-cors serve --config bucket-cors.json', about: 'Many buckets.' },
  ],
  exits: SERVE_EXITS,
  serves: true,
  run: serveBuckets,
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
