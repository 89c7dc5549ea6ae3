import type { LogLevel } from '../config/options/answers.ts';
import { LOG_LEVELS } from '../config/options/answers.ts';
import { cutValues } from '../edge/log/cut.ts';
import type { Log } from '../edge/log.ts';

/** Writes JSON lines, as on Node, by `console.log`, which Workers Logs and Logpush read. */
export function createLog(least: LogLevel): Log {
  const from = LOG_LEVELS.indexOf(least);
  const isLevelEnabled = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= from;
  const at = (level: LogLevel): Log['info'] => {
    if (!isLevelEnabled(level)) return () => {};
    return (about, msg) =>
      console.log(JSON.stringify({ level, time: new Date().toISOString(), ...cutValues(about), msg }));
  };
  return { info: at('info'), warn: at('warn'), error: at('error'), isLevelEnabled };
}
