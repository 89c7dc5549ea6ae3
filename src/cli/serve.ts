import type { Command } from './command.ts';
import { OPTION_FLAGS } from './flags.ts';

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
  // The edge's modules are for this command only: the others start without them.
  run: async (args, terminal) => (await import('./serve-buckets.ts')).serveBuckets(args, terminal),
};
