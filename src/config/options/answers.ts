import * as values from '../values.ts';
import type { OptionRows } from './row.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_REQUESTS = ['all', 'refused', 'errors', 'none'] as const;
export type LogRequests = (typeof LOG_REQUESTS)[number];
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What answers and the log contain beyond the rules. */
export const answersRows = {
  dangerouslyAllowCredentials: {
    flag: 'dangerously-allow-credentials',
    variable: 'DANGEROUSLY_ALLOW_CREDENTIALS',
    default: 'false',
    example: 'true',
    about:
      'With store `oss`: send `Access-Control-Allow-Credentials: true` to origins that a rule names without `*`.',
    alone: true,
    scope: 'bucket',
    parse: values.parseSwitch,
  },
  dangerouslyOpenBucket: {
    flag: 'dangerously-open-bucket',
    variable: 'DANGEROUSLY_OPEN_BUCKET',
    default: 'false',
    example: 'true',
    about:
      'Serve a folder beyond this machine, where it checks no signature: every client that reaches the edge reads, writes and deletes its objects.',
    alone: true,
    scope: 'bucket',
    nodeOnly: 'nothing: Workers have no folders',
    parse: values.parseSwitch,
  },
  debugReason: {
    flag: 'debug-reason',
    variable: 'DEBUG_REASON',
    default: 'false',
    example: 'true',
    about:
      'Send the reason of each decision in the header `x-bucket-cors-reason`, and the code of each error in `x-bucket-cors-code`.',
    alone: true,
    parse: values.parseSwitch,
  },
  logLevel: {
    flag: 'log-level',
    variable: 'LOG_LEVEL',
    default: 'info',
    example: 'warn',
    about:
      'The least level of log lines to print: `debug`, `info`, `warn`, `error` or `silent`. Requests are `info`.',
    parse: values.parseWord(LOG_LEVELS),
  },
  logRequests: {
    flag: 'log-requests',
    variable: 'LOG_REQUESTS',
    default: 'all',
    example: 'refused',
    about:
      'Which requests have a log line of their own: `all`, `refused` (by the rules, and errors), `errors` or `none`. Whatever it is, a warning once a minute counts the refusals of an origin for a reason.',
    parse: values.parseWord(LOG_REQUESTS),
  },
  logFormat: {
    flag: 'log-format',
    variable: 'LOG_FORMAT',
    default: null,
    example: 'json',
    about:
      '`json`: one JSON object a line. `pretty`: text for a person. Without it: `pretty` on a terminal, `json` elsewhere.',
    nodeOnly: 'nothing: lines are JSON',
    parse: values.parseWord(LOG_FORMATS),
  },
} as const satisfies OptionRows;
