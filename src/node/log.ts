import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config/options.ts';

/** One JSON line per thing that happened, to standard output unless another destination is given. */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
