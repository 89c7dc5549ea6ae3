import { answersRows } from './options/answers.ts';
import { bucketRows } from './options/bucket.ts';
import { limitsRows } from './options/limits.ts';
import { listeningRows } from './options/listening.ts';
import { operationRows } from './options/operation.ts';
import type { OptionRow } from './options/row.ts';

/** Every option, in the order of docs/options.md. Nothing else reads a flag or a variable. */
export const OPTIONS = {
  ...bucketRows,
  ...listeningRows,
  ...operationRows,
  ...limitsRows,
  ...answersRows,
} as const;

type Rows = typeof OPTIONS;
export type OptionName = keyof Rows;

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** A row with its optional fields. */
export const optionOf = (name: OptionName): OptionRow => OPTIONS[name];

/** The value that an option's parser returns. */
export type ValueOf<N extends OptionName> = Extract<
  ReturnType<Rows[N]['parse']>,
  { readonly value: unknown }
>['value'];

/** Options without a default. */
export type Unset = { [N in OptionName]: Rows[N]['default'] extends null ? N : never }[OptionName];

export type BucketOptionName = {
  [N in OptionName]: Rows[N] extends { readonly scope: 'bucket' } ? N : never;
}[OptionName];

/** The options of one bucket; a configuration file has them for each. */
export const BUCKET_OPTIONS: readonly BucketOptionName[] = OPTION_NAMES.filter(
  (name): name is BucketOptionName => optionOf(name).scope === 'bucket',
);

/** Every option under its heading in help and in docs/options.md. */
export const OPTION_SECTIONS = {
  Bucket: [
    'bucket',
    'storeUrl',
    'store',
    'bucketName',
    'region',
    'signature',
    'credentials',
    'clientKeys',
    'bucketKeys',
    'objects',
    'signPrefix',
    'keepHost',
    'trustForwarded',
    'forwarded',
    'dangerouslyPassProxyCommands',
    'bucketConnectTimeout',
    'bucketHeadTimeout',
    'dangerouslyAllowCredentials',
    'dangerouslyOpenBucket',
  ],
  Rules: ['rules', 'rulesToken', 'management', 'vary', 'rulesTtl', 'maxStale', 'stateDir', 'redis'],
  Listening: [
    'host',
    'port',
    'socket',
    'ownHosts',
    'tlsCert',
    'tlsKey',
    'adminHost',
    'adminPort',
    'adminToken',
    'adminMetricsToken',
    'dangerouslyOpenAdmin',
    'demoPort',
  ],
  Limits: [
    'connections',
    'queue',
    'clientConnections',
    'clientShare',
    'leastRate',
    'idleTimeout',
    'maxUrl',
    'maxHeaders',
  ],
  Operation: [
    'config',
    'workers',
    'transport',
    'shutdownDelay',
    'drain',
    'debugReason',
    'logLevel',
    'logRequests',
    'logFormat',
  ],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
