import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../../config/options/answers.ts';
import { cutValues } from '../../edge/log/cut.ts';
import { standardOutput } from './standard.ts';

/** Logs one JSON line for each event, to standard output by default. */
export function createLog(level: LogLevel, destination: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }), log: cutValues },
    },
    destination,
  );
}
