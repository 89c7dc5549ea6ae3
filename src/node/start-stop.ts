import type { Logger } from 'pino';
import { VERSION } from '../cli/version.ts';
import type { Drained } from './server/drain.ts';

/** Why a running edge ends: a signal, `close` of the program that started it, or npx, which started it, has ended. */
export type Why = NodeJS.Signals | 'close' | 'npx ended';

/** Most buckets that the line of the start names. */
const NAMED_MOST = 20;

/** Logs that the edge has started: what listens where, and which buckets it serves. */
export function logStart(log: Logger, names: readonly string[], about: object): void {
  log.info(
    { version: VERSION, ...about, buckets: names.length, names: names.slice(0, NAMED_MOST) },
    'started',
  );
}

/** Returns `close` with a line before it and one after it. Further calls wait for the first. */
export function loggedClose(
  log: Logger,
  about: object,
  close: () => Promise<void>,
): (why?: Why) => Promise<void> {
  let closing: Promise<void> | undefined;
  const end = async (why: Why): Promise<void> => {
    const begun = performance.now();
    log.info({ why, ...about }, 'stopping');
    await close();
    log.info({ why, totalMs: Math.round(performance.now() - begun) }, 'stopped');
  };
  return (why = 'close') => {
    closing ??= end(why);
    return closing;
  };
}

/** Logs how the requests in flight of one process have ended. */
export function logDrained(log: Logger, { inFlight, ended }: Drained): void {
  if (ended > 0) log.warn({ inFlight, ended }, 'requests in flight ended by the limit of the drain');
  else log.info({ inFlight, ended }, 'requests in flight finished');
}
