import * as values from '../values.ts';
import type { OptionRows } from './row.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
} as const satisfies OptionRows;
