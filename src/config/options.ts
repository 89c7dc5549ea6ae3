import { FORWARDED } from '../bucket/forwarded.ts';
import { BUCKET_TIMEOUTS, CLIENT_SHARE, IDLE_TIMEOUT, LEAST_RATE, REQUEST_LIMITS } from '../bucket/limits.ts';
import { DIALECT_NAMES, type VaryMode } from '../cors/behaviour.ts';
import { parseBucket } from './bucket-url.ts';
import * as values from './values.ts';

/** One option: the same name, meaning and checks as a flag, as a variable and in the README's table. */
export interface Option<T> {
  /** The flag, without its dashes. */
  readonly flag: string;
  readonly variable: string;
  /** As it would be written; null when there is none. */
  readonly default: string | null;
  readonly example: string;
  readonly about: string;
  /** A flag that stands alone means `true`. */
  readonly alone?: true;
  readonly parse: (text: string) => values.Parsed<T>;
}

const VARY_MODES: readonly VaryMode[] = ['safe', 'store'];
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const option = <T>(given: Option<T>): Option<T> => given;

/** Every option there is. Nothing else reads a flag or a variable. */
export const OPTIONS = {
  bucket: option({
    flag: 'bucket',
    variable: 'BUCKET_URL',
    default: null,
    example: 'oss://my-bucket?region=cn-hangzhou',
    about:
      'The bucket: `oss://NAME?region=…`, `s3://NAME?region=…` or `?endpoint=…`, its URL, or a folder to serve as one.',
    parse: parseBucket,
  }),
  rules: option({
    flag: 'rules',
    variable: 'CORS_RULES',
    default: 'bucket',
    example: './cors.xml',
    about:
      'Where the rules come from: `bucket` (its own, `GET /?cors`), a file, a URL, or the document itself.',
    parse: values.parseRules,
  }),
  rulesToken: option({
    flag: 'rules-token',
    variable: 'RULES_TOKEN',
    default: null,
    example: 'env:MY_TOKEN',
    about:
      'Where the bearer token for rules at a URL is: `env:NAME` or `file:PATH`; looked up at every load.',
    parse: values.parseToken,
  }),
  store: option({
    flag: 'store',
    variable: 'STORE',
    default: null,
    example: 's3',
    about:
      'The kind of store, `oss` or `s3`; `oss` where the bucket does not tell. It decides how preflights and errors are worded and when credentials are allowed.',
    parse: values.parseWord(DIALECT_NAMES),
  }),
  vary: option({
    flag: 'vary',
    variable: 'VARY',
    default: 'safe',
    example: 'store',
    about:
      '`safe`: right behind every shared cache. `store`: the Vary header that the store itself would send.',
    parse: values.parseWord(VARY_MODES),
  }),
  bucketName: option({
    flag: 'bucket-name',
    variable: 'BUCKET_NAME',
    default: null,
    example: 'my-bucket',
    about: "The bucket's name, for signing where its address does not tell it: a custom domain.",
    parse: values.parseName,
  }),
  region: option({
    flag: 'region',
    variable: 'BUCKET_REGION',
    default: null,
    example: 'cn-hangzhou',
    about: "The bucket's region, for signing where its address does not tell it.",
    parse: values.parseRegion,
  }),
  signature: option({
    flag: 'signature',
    variable: 'SIGNATURE',
    default: 'v4',
    example: 'v1',
    about: 'How `GET /?cors` is signed: `v4`, or with store `oss` also `v1`.',
    parse: values.parseWord(['v4', 'v1'] as const),
  }),
  credentials: option({
    flag: 'credentials',
    variable: 'CREDENTIALS',
    default: 'env',
    example: 'env:MEDIA',
    about:
      'Where the keys for signing are: `env` (`OSS_ACCESS_KEY_ID`, `AWS_ACCESS_KEY_ID` …, unsigned where they are not set), `env:PREFIX`, `file:PATH` or `none`.',
    parse: values.parseCredentials,
  }),
  keepHost: option({
    flag: 'keep-host',
    variable: 'KEEP_HOST',
    default: 'false',
    example: 'true',
    about:
      "Send the bucket the client's Host, not its own: only where clients presign for the edge's own name and the store answers to that name.",
    alone: true,
    parse: values.parseSwitch,
  }),
  trustForwarded: option({
    flag: 'trust-forwarded',
    variable: 'TRUST_FORWARDED',
    default: 'false',
    example: 'true',
    about:
      "Pass on the client's `Forwarded` and `X-Forwarded-*` with the edge's own hop added: only behind a CDN or proxy that sets them. Otherwise they are replaced.",
    alone: true,
    parse: values.parseSwitch,
  }),
  forwarded: option({
    flag: 'forwarded',
    variable: 'FORWARDED',
    default: 'all',
    example: 'for',
    about:
      "Which headers about the client's hop go to the bucket: `all` (`X-Forwarded-For`, `-Proto`, `-Host`), `for` (the addresses alone) or `none`. A store that checks signatures against `X-Forwarded-Host`, as SeaweedFS does, takes URLs signed for its own host only with `for` or `none`.",
    parse: values.parseWord(FORWARDED),
  }),
  dangerouslyPassProxyCommands: option({
    flag: 'dangerously-pass-proxy-commands',
    variable: 'DANGEROUSLY_PASS_PROXY_COMMANDS',
    default: 'false',
    example: 'true',
    about:
      "Pass on the bucket's commands to a proxy in front of the edge: `X-Accel-*`, `X-Sendfile` and their like. With them a bucket can make that proxy send any file or URL that it can read.",
    alone: true,
    parse: values.parseSwitch,
  }),
  bucketConnectTimeout: option({
    flag: 'bucket-connect-timeout',
    variable: 'BUCKET_CONNECT_TIMEOUT',
    default: values.seconds(BUCKET_TIMEOUTS.connect),
    example: '10s',
    about:
      'How long the bucket may take to accept a connection, TLS included; after that 504 `BucketConnectTimeout`.',
    parse: values.parseDuration('1s', '10m'),
  }),
  bucketHeadTimeout: option({
    flag: 'bucket-head-timeout',
    variable: 'BUCKET_HEAD_TIMEOUT',
    default: values.seconds(BUCKET_TIMEOUTS.head),
    example: '15m',
    about:
      'How long the bucket may take to begin its answer, once it has the whole request; after that 504 `BucketHeadTimeout`. A store that completes a large multipart upload takes minutes.',
    parse: values.parseDuration('1s', '1d'),
  }),
  host: option({
    flag: 'host',
    variable: 'HOST',
    default: '127.0.0.1',
    example: '0.0.0.0',
    about: 'The address the edge listens on.',
    parse: values.parseHost,
  }),
  port: option({
    flag: 'port',
    variable: 'PORT',
    default: '8080',
    example: '80',
    about: 'The port of the edge; 0 takes any free one.',
    parse: values.parsePort,
  }),
  ownHosts: option({
    flag: 'own-hosts',
    variable: 'OWN_HOSTS',
    default: null,
    example: 'edge.example.com,edge.lan',
    about:
      "Host names, with commas between them, under which the admin port, the demo page and folders answer besides `localhost` and this machine's addresses.",
    parse: values.parseHosts,
  }),
  socket: option({
    flag: 'socket',
    variable: 'SOCKET',
    default: null,
    example: '/run/bucket-cors/edge.sock',
    about: 'A Unix socket to listen on, in place of an address and a port; its group may connect.',
    parse: values.parseSocket,
  }),
  tlsCert: option({
    flag: 'tls-cert',
    variable: 'TLS_CERT',
    default: null,
    example: '/etc/tls/tls.crt',
    about: 'A certificate in PEM, with its chain: serves HTTPS, HTTP/2 and HTTP/1.1; watched.',
    parse: values.parsePath,
  }),
  tlsKey: option({
    flag: 'tls-key',
    variable: 'TLS_KEY',
    default: null,
    example: '/etc/tls/tls.key',
    about: 'The private key of the certificate, in PEM, without a passphrase; watched.',
    parse: values.parsePath,
  }),
  adminHost: option({
    flag: 'admin-host',
    variable: 'ADMIN_HOST',
    default: '127.0.0.1',
    example: '10.0.0.5',
    about: 'The address of the admin port. Whoever reaches it reads the rules.',
    parse: values.parseHost,
  }),
  adminPort: option({
    flag: 'admin-port',
    variable: 'ADMIN_PORT',
    default: '8081',
    example: '9090',
    about: 'The admin port: health, rules, explain, metrics.',
    parse: values.parsePort,
  }),
  demoPort: option({
    flag: 'demo-port',
    variable: 'DEMO_PORT',
    default: '8082',
    example: '3000',
    about: 'The port of the demo page; `npm start` without a bucket only.',
    parse: values.parsePort,
  }),
  rulesTtl: option({
    flag: 'rules-ttl',
    variable: 'RULES_TTL',
    default: '60s',
    example: '5m',
    about: 'How long loaded rules are used before they are loaded again, in the background.',
    parse: values.parseDuration('1s', '7d'),
  }),
  maxStale: option({
    flag: 'max-stale',
    variable: 'MAX_STALE',
    default: '7d',
    example: '0',
    about: 'How long the last good rules stay in force while they cannot be loaded; `0`: for ever.',
    parse: values.parseDuration('0', '3650d'),
  }),
  config: option({
    flag: 'config',
    variable: 'BUCKET_CORS_CONFIG',
    default: null,
    example: 'bucket-cors.json',
    about: 'A configuration file for many buckets, by host and path prefix; watched.',
    parse: values.parsePath,
  }),
  stateDir: option({
    flag: 'state-dir',
    variable: 'STATE_DIR',
    default: null,
    example: '/var/lib/bucket-cors',
    about: 'A folder that keeps the last good rules across restarts.',
    parse: values.parsePath,
  }),
  redis: option({
    flag: 'redis',
    variable: 'REDIS_URL',
    default: null,
    example: 'redis://127.0.0.1:6379',
    about:
      'A Redis or Valkey server through which several edges share last good rules and tell each other of new ones.',
    parse: values.parseRedis,
  }),
  workers: option({
    flag: 'workers',
    variable: 'WORKERS',
    default: '1',
    example: 'auto',
    about:
      'How many processes serve clients: a number from 1 to 256, or `auto` for as many as there are cores. With 1 there are no workers beside the process itself.',
    parse: values.parseWorkers,
  }),
  connections: option({
    flag: 'connections',
    variable: 'CONNECTIONS',
    default: '256',
    example: '64',
    about: 'How many requests one bucket may have under way at once; divided among workers.',
    parse: values.parseCount(1, 100_000),
  }),
  queue: option({
    flag: 'queue',
    variable: 'QUEUE',
    default: '512',
    example: '0',
    about:
      'How many more may wait for that, for at most 10 seconds; beyond it 503 `BucketBusy` with `Retry-After`. Divided among workers.',
    parse: values.parseCount(0, 100_000),
  }),
  clientConnections: option({
    flag: 'client-connections',
    variable: 'CLIENT_CONNECTIONS',
    default: 'auto',
    example: '2000',
    about:
      'How many connections all clients together may have open; divided among workers. `auto`: half of the files that each process may open, at most 10000.',
    parse: values.parseCountOrAuto(1, 1_000_000),
  }),
  clientShare: option({
    flag: 'client-share',
    variable: 'CLIENT_SHARE',
    default: String(CLIENT_SHARE),
    example: '0',
    about:
      "The percentage of a bucket's connections that one client address may have while requests of others wait: beyond it, those of its transfers that are slower than `--least-rate` are ended. `0`: no limit.",
    parse: values.parseCount(0, 100),
  }),
  leastRate: option({
    flag: 'least-rate',
    variable: 'LEAST_RATE',
    default: String(LEAST_RATE),
    example: '16384',
    about:
      'The bytes per second that a transfer of a client address beyond its share must reach while requests of others wait, after five seconds; below it the transfer ends with `ClientTooSlow`. `0`: none are ended.',
    parse: values.parseCount(0, 1_000_000_000),
  }),
  idleTimeout: option({
    flag: 'idle-timeout',
    variable: 'IDLE_TIMEOUT',
    default: values.seconds(IDLE_TIMEOUT),
    example: '5m',
    about: 'How long a download or an upload may stand still before it is ended.',
    parse: values.parseDuration('1s', '1h'),
  }),
  maxUrl: option({
    flag: 'max-url',
    variable: 'MAX_URL',
    default: String(REQUEST_LIMITS.target),
    example: '16384',
    about: 'The longest path and query of a request, in bytes; beyond it 414 `URITooLong`.',
    parse: values.parseCount(256, 65_536),
  }),
  maxHeaders: option({
    flag: 'max-headers',
    variable: 'MAX_HEADERS',
    default: String(REQUEST_LIMITS.headers),
    example: '32768',
    about: 'The most bytes of request headers; beyond it 431 `RequestHeaderTooLarge`.',
    parse: values.parseCount(1_024, 131_072),
  }),
  drain: option({
    flag: 'drain',
    variable: 'DRAIN',
    default: '10s',
    example: '30s',
    about:
      'How long clients may take after SIGTERM or SIGINT: requests in flight finish, and idle connections are told to go by their next answer.',
    parse: values.parseDuration('0', '1h'),
  }),
  dangerouslyAllowCredentials: option({
    flag: 'dangerously-allow-credentials',
    variable: 'DANGEROUSLY_ALLOW_CREDENTIALS',
    default: 'false',
    example: 'true',
    about:
      'With store `oss`: send `Access-Control-Allow-Credentials: true` to origins that a rule names without `*`.',
    alone: true,
    parse: values.parseSwitch,
  }),
  dangerouslyOpenBucket: option({
    flag: 'dangerously-open-bucket',
    variable: 'DANGEROUSLY_OPEN_BUCKET',
    default: 'false',
    example: 'true',
    about:
      'Serve a folder beyond this machine, where it checks no signature: every client that reaches the edge reads, writes and deletes its objects.',
    alone: true,
    parse: values.parseSwitch,
  }),
  debugReason: option({
    flag: 'debug-reason',
    variable: 'DEBUG_REASON',
    default: 'false',
    example: 'true',
    about:
      'Send the reason of each decision in the header `x-bucket-cors-reason`, and the code of each error in `x-bucket-cors-code`.',
    alone: true,
    parse: values.parseSwitch,
  }),
  logLevel: option({
    flag: 'log-level',
    variable: 'LOG_LEVEL',
    default: 'info',
    example: 'warn',
    about:
      'The least level of log lines to print: `debug`, `info`, `warn`, `error` or `silent`. Requests are `info`.',
    parse: values.parseWord(LOG_LEVELS),
  }),
} as const;

export type OptionName = keyof typeof OPTIONS;
