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
    about: 'How many requests one bucket may have under way at once; divided among workers.',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(1, 100_000),
  },
  queue: {
    flag: 'queue',
    variable: 'QUEUE',
    default: '512',
    example: '0',
    about:
      'How many more requests may wait for a connection, for at most 10 seconds; beyond it 503 `BucketBusy` with `Retry-After`. Divided among workers.',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 100_000),
  },
  clientConnections: {
    flag: 'client-connections',
    variable: 'CLIENT_CONNECTIONS',
    default: 'auto',
    example: '2000',
    about:
      'How many connections all clients together may have open; divided among workers. `auto`: half of the files that each process may open, at most 10000.',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCountOrAuto(1, 1_000_000),
  },
  clientShare: {
    flag: 'client-share',
    variable: 'CLIENT_SHARE',
    default: String(CLIENT_SHARE),
    example: '0',
    about:
      "The percentage of a bucket's connections that one client address may have while requests of others wait: beyond it, those of its transfers that are slower than `--least-rate` are ended. `0`: no limit.",
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 100),
  },
  leastRate: {
    flag: 'least-rate',
    variable: 'LEAST_RATE',
    default: String(LEAST_RATE),
    example: '16384',
    about:
      'The bytes per second that a transfer of a client address beyond its share must reach while requests of others wait, after five seconds; below it the transfer ends with `ClientTooSlow`. `0`: none are ended.',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseCount(0, 1_000_000_000),
  },
  idleTimeout: {
    flag: 'idle-timeout',
    variable: 'IDLE_TIMEOUT',
    default: numbers.seconds(IDLE_TIMEOUT),
    example: '5m',
    about: 'How long a download or an upload may make no progress before it is ended.',
    nodeOnly: "nothing: Cloudflare's own limits apply",
    parse: numbers.parseDuration('1s', '1h'),
  },
  maxUrl: {
    flag: 'max-url',
    variable: 'MAX_URL',
    default: String(REQUEST_LIMITS.target),
    example: '16384',
    about: 'The longest path and query of a request, in bytes; beyond it 414 `URITooLong`.',
    parse: numbers.parseCount(256, 65_536),
  },
  maxHeaders: {
    flag: 'max-headers',
    variable: 'MAX_HEADERS',
    default: String(REQUEST_LIMITS.headers),
    example: '32768',
    about: 'The most bytes of request headers; beyond it 431 `RequestHeaderTooLarge`.',
    parse: numbers.parseCount(1_024, 131_072),
  },
  shutdownDelay: {
    flag: 'shutdown-delay',
    variable: 'SHUTDOWN_DELAY',
    default: '0',
    example: '5s',
    about:
      'How long the edge still accepts connections after SIGTERM or SIGINT, while `/readyz` is 503: a load balancer stops sending requests first.',
    nodeOnly: 'nothing: Cloudflare replaces Workers itself',
    parse: numbers.parseDuration('0', '1h'),
  },
  drain: {
    flag: 'drain',
    variable: 'DRAIN',
    default: '10s',
    example: '30s',
    about:
      'How long clients may take after SIGTERM or SIGINT: requests in flight finish, and idle connections are closed with their next answer.',
    nodeOnly: 'nothing: requests in flight end on the version they began with',
    parse: numbers.parseDuration('0', '1h'),
  },
} as const satisfies OptionRows;
