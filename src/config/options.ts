import type { VaryMode } from '../cors/compile.ts';
import { DIALECTS } from '../cors/dialect.ts';
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
    example: 'https://my-bucket.oss-cn-hangzhou.aliyuncs.com',
    about: 'The bucket: its URL, with a path for path-style stores, or a folder to serve as a bucket.',
    parse: values.parseBucket,
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
  store: option({
    flag: 'store',
    variable: 'STORE',
    default: 'oss',
    example: 's3',
    about:
      'The kind of store, `oss` or `s3`: it decides how preflights and errors are worded and when credentials are allowed.',
    parse: values.parseWord(DIALECTS),
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
  drain: option({
    flag: 'drain',
    variable: 'DRAIN',
    default: '10s',
    example: '30s',
    about: 'How long requests in flight may take to finish after SIGTERM or SIGINT.',
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
  debugReason: option({
    flag: 'debug-reason',
    variable: 'DEBUG_REASON',
    default: 'false',
    example: 'true',
    about: 'Tell the reason of each decision in the header `x-bucket-cors-reason`.',
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
