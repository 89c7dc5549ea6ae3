import * as numbers from '../numbers.ts';
import * as values from '../values.ts';
import type { OptionRows } from './row.ts';

export const TRANSPORTS = ['own', 'undici'] as const;
/** The client that carries requests to buckets: the edge's own, or the one that it had before. */
export type TransportName = (typeof TRANSPORTS)[number];

/** Where rules are stored, how long they are used, by how many processes, and what carries requests to buckets. */
export const operationRows = {
  rulesTtl: {
    flag: 'rules-ttl',
    variable: 'RULES_TTL',
    default: '60s',
    example: '5m',
    about: 'How long loaded rules are used before they are loaded again, in the background.',
    parse: numbers.parseDuration('1s', '7d'),
  },
  maxStale: {
    flag: 'max-stale',
    variable: 'MAX_STALE',
    default: '7d',
    example: '0',
    about: 'How long the last good rules stay in force while they cannot be loaded; `0`: without a limit.',
    parse: numbers.parseDuration('0', '3650d'),
  },
  config: {
    flag: 'config',
    variable: 'BUCKET_CORS_CONFIG',
    default: null,
    example: 'bucket-cors.json',
    about: 'A configuration file for many buckets, by host and path prefix; watched.',
    parse: values.parsePath,
  },
  stateDir: {
    flag: 'state-dir',
    variable: 'STATE_DIR',
    default: null,
    example: '/var/lib/bucket-cors',
    about: 'A folder that stores the last good rules across restarts.',
    nodeOnly: 'the KV binding RULES_KV, which stores last good rules',
    parse: values.parsePath,
  },
  redis: {
    flag: 'redis',
    variable: 'REDIS_URL',
    default: null,
    example: 'redis://127.0.0.1:6379',
    about:
      'A Redis or Valkey server through which several edges share last good rules and announce new ones to each other.',
    secret: true,
    nodeOnly: 'the KV binding RULES_KV, which stores last good rules',
    parse: values.parseRedis,
  },
  workers: {
    flag: 'workers',
    variable: 'WORKERS',
    default: '1',
    example: 'auto',
    about:
      'How many processes serve clients: a number from 1 to 256, or `auto` for as many as there are cores. With 1 there are no workers beside the process itself.',
    nodeOnly: 'nothing: Cloudflare runs as many as it takes',
    parse: numbers.parseWorkers,
  },
  transport: {
    flag: 'transport',
    variable: 'TRANSPORT',
    default: 'own',
    example: 'undici',
    about: 'What asks buckets: `own`, or `undici` in this release only.',
    nodeOnly: 'nothing: Cloudflare has its own',
    parse: values.parseWord(TRANSPORTS),
  },
} as const satisfies OptionRows;
