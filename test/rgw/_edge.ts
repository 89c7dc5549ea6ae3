import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, run } from '../cli/_process.ts';
import { CLIENT_KEYS, type Keys, OTHER_KEYS } from './_gateway.ts';

const LIMIT_MS = 10 * 60_000;

/** Three keys of one user as variables of a process: `env`, `env:CLIENT` and `env:OTHER`. */
export const keyVariables = ({ accessKey, secretKey }: Keys): Readonly<Record<string, string>> => ({
  AWS_ACCESS_KEY_ID: accessKey,
  AWS_SECRET_ACCESS_KEY: secretKey,
  CLIENT_AWS_ACCESS_KEY_ID: CLIENT_KEYS.accessKey,
  CLIENT_AWS_SECRET_ACCESS_KEY: CLIENT_KEYS.secretKey,
  OTHER_AWS_ACCESS_KEY_ID: OTHER_KEYS.accessKey,
  OTHER_AWS_SECRET_ACCESS_KEY: OTHER_KEYS.secretKey,
  CLIENT_OSS_ACCESS_KEY_ID: CLIENT_KEYS.accessKey,
  CLIENT_OSS_ACCESS_KEY_SECRET: CLIENT_KEYS.secretKey,
});

/** The options of a bucket as in a configuration file. */
export interface ServedBucket {
  readonly bucket: string;
  readonly prefix?: string;
  readonly hosts?: readonly string[];
  readonly keepHost?: boolean;
  readonly rules?: string;
  readonly credentials?: string;
  readonly management?: 'pass' | 'keep' | 'off';
  readonly objects?: 'pass' | 'sign' | 'resign';
  readonly signPrefix?: string;
  readonly clientKeys?: string;
  readonly region?: string;
  readonly store?: 'oss' | 's3';
  readonly bucketName?: string;
  readonly signature?: 'v4' | 'v1';
}

/**
 * Starts the command line before buckets of the gateway. The rules' TTL is an hour: the edge has new ones only if it
 * saw the change.
 */
export function startEdge(
  folder: string,
  keys: Keys,
  buckets: Readonly<Record<string, ServedBucket>>,
  more: { readonly stateDir?: string } = {},
): Run {
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify({ port: 0, adminPort: 0, rulesTtl: '1h', ...more, buckets }));
  return run(['serve', '--config', file], {
    env: {
      ...keyVariables(keys),
      NODE_OPTIONS: `--import ${new URL('_names.ts', import.meta.url)}`,
    },
    limit: LIMIT_MS,
  });
}

/** The last output of an edge, for a failed test. */
export const lastLines = (edge: Run): string =>
  `${edge.stdout()}${edge.stderr()}`.trimEnd().split('\n').slice(-10).join('\n');
