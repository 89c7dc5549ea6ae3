import { isatty } from 'node:tty';
import { type DestinationStream, type Logger, pino } from 'pino';
import { paintFor, wantsColours } from '../../cli/formats/paint.ts';
import type { LogFormat, LogLevel } from '../../config/options/answers.ts';
import { cutValues } from '../../edge/log/cut.ts';
import { prettyLine } from './pretty.ts';
import { standardOutput } from './standard.ts';

/** Logs one line for each event, a JSON object or text for a person, to standard output by default. */
export function createLog(
  level: LogLevel,
  destination: DestinationStream = standardOutput(),
  format: LogFormat = 'json',
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }), log: cutValues },
    },
    format === 'pretty' ? prettyTo(destination) : destination,
  );
}

/** The format of lines for a destination: of the operator, else `pretty` on a terminal, and `json` elsewhere. */
export const formatFor = (given: LogFormat | null, destination: DestinationStream | undefined): LogFormat =>
  given ?? (destination === undefined && isatty(1) ? 'pretty' : 'json');

function prettyTo(destination: DestinationStream): DestinationStream {
  const paint = paintFor(isatty(1) && wantsColours(process.env));
  return { write: (line) => destination.write(prettyLine(line, paint)) };
}
