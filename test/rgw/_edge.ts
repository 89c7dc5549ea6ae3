import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, run } from '../cli/_process.ts';
import type { Gateway } from './_gateway.ts';

const LIMIT_MS = 10 * 60_000;

/** The address of a bucket for requests, as in a configuration file. */
export interface ServedBucket {
  readonly bucket: string;
  readonly prefix?: string;
  readonly hosts?: readonly string[];
  readonly keepHost?: boolean;
}

/**
 * Starts the command line before buckets of the gateway. The rules' TTL is an hour: the edge has new ones only if it
 * saw the change.
 */
export function startEdge(
  folder: string,
  { accessKey, secretKey }: Gateway,
  buckets: Readonly<Record<string, ServedBucket>>,
): Run {
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify({ port: 0, adminPort: 0, rulesTtl: '1h', buckets }));
  return run(['serve', '--config', file], {
    env: {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      NODE_OPTIONS: `--import ${new URL('_names.ts', import.meta.url)}`,
    },
    limit: LIMIT_MS,
  });
}

/** The last output of an edge, for a failed test. */
export const lastLines = (edge: Run): string =>
  `${edge.stdout()}${edge.stderr()}`.trimEnd().split('\n').slice(-10).join('\n');
