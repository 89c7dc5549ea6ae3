import { CLIENT_SHARE, IDLE_TIMEOUT, LEAST_RATE, REQUEST_LIMITS } from '../../bucket/limits.ts';
import * as numbers from '../numbers.ts';
import type { OptionRows } from './row.ts';

/** What clients and buckets may take: connections, bytes and time. */
export const limitsRows = {
  connections: {
    flag: 'connections',
    variable: 'CONNECTIONS',
    default: '256',
    example: '64',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(1, 100_000),
  },
  queue: {
    flag: 'queue',
    variable: 'QUEUE',
    default: '512',
    example: '0',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 100_000),
  },
  clientConnections: {
    flag: 'client-connections',
    variable: 'CLIENT_CONNECTIONS',
    default: 'auto',
    example: '2000',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCountOrAuto(1, 1_000_000),
  },
  clientShare: {
    flag: 'client-share',
    variable: 'CLIENT_SHARE',
    default: String(CLIENT_SHARE),
    example: '0',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 100),
  },
  leastRate: {
    flag: 'least-rate',
    variable: 'LEAST_RATE',
    default: String(LEAST_RATE),
    example: '16384',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 1_000_000_000),
  },
  idleTimeout: {
    flag: 'idle-timeout',
    variable: 'IDLE_TIMEOUT',
    default: numbers.seconds(IDLE_TIMEOUT),
    example: '5m',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseDuration('1s', '1h'),
  },
  maxUrl: {
    flag: 'max-url',
    variable: 'MAX_URL',
    default: String(REQUEST_LIMITS.target),
    example: '16384',
    parse: numbers.parseCount(256, 65_536),
  },
  maxHeaders: {
    flag: 'max-headers',
    variable: 'MAX_HEADERS',
    default: String(REQUEST_LIMITS.headers),
    example: '32768',
    parse: numbers.parseCount(1_024, 131_072),
  },
  shutdownDelay: {
    flag: 'shutdown-delay',
    variable: 'SHUTDOWN_DELAY',
    default: '0',
    example: '5s',
    nodeOnly: 'nothing: Cloudflare replaces Workers itself',
    parse: numbers.parseDuration('0', '1h'),
  },
  drain: {
    flag: 'drain',
    variable: 'DRAIN',
    default: '10s',
    example: '30s',
    nodeOnly: 'nothing: requests in flight end on the version they began with',
    parse: numbers.parseDuration('0', '1h'),
  },
} as const satisfies OptionRows;
