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
    alone: true,
    scope: 'bucket',
    parse: values.parseSwitch,
  },
  dangerouslyOpenBucket: {
    flag: 'dangerously-open-bucket',
    variable: 'DANGEROUSLY_OPEN_BUCKET',
    default: 'false',
    example: 'true',
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
    alone: true,
    parse: values.parseSwitch,
  },
  logLevel: {
    flag: 'log-level',
    variable: 'LOG_LEVEL',
    default: 'info',
    example: 'warn',
    parse: values.parseWord(LOG_LEVELS),
  },
  logRequests: {
    flag: 'log-requests',
    variable: 'LOG_REQUESTS',
    default: 'all',
    example: 'refused',
    parse: values.parseWord(LOG_REQUESTS),
  },
  logFormat: {
    flag: 'log-format',
    variable: 'LOG_FORMAT',
    default: null,
    example: 'json',
    nodeOnly: 'nothing: lines are JSON',
    parse: values.parseWord(LOG_FORMATS),
  },
} as const satisfies OptionRows;
