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
    parse: numbers.parseDuration('1s', '7d'),
  },
  maxStale: {
    flag: 'max-stale',
    variable: 'MAX_STALE',
    default: '7d',
    example: '0',
    parse: numbers.parseDuration('0', '3650d'),
  },
  config: {
    flag: 'config',
    variable: 'BUCKET_CORS_CONFIG',
    default: null,
    example: 'bucket-cors.json',
    parse: values.parsePath,
  },
  stateDir: {
    flag: 'state-dir',
    variable: 'STATE_DIR',
    default: null,
    example: '/var/lib/bucket-cors',
    nodeOnly: 'the KV binding RULES_KV, which stores last good rules',
    parse: values.parsePath,
  },
  redis: {
    flag: 'redis',
    variable: 'REDIS_URL',
    default: null,
    example: 'redis://127.0.0.1:6379',
    secret: true,
    nodeOnly: 'the KV binding RULES_KV, which stores last good rules',
    parse: values.parseRedis,
  },
  workers: {
    flag: 'workers',
    variable: 'WORKERS',
    default: '1',
    example: 'auto',
    nodeOnly: 'nothing: Cloudflare runs as many as it takes',
    parse: numbers.parseWorkers,
  },
  transport: {
    flag: 'transport',
    variable: 'TRANSPORT',
    default: 'own',
    example: 'undici',
    nodeOnly: 'nothing: Cloudflare has its own',
    parse: values.parseWord(TRANSPORTS),
  },
} as const satisfies OptionRows;
