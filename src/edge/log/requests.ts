import { monotonic } from '../../rules/clock.ts';
import type { Log } from '../log.ts';
import type { RequestEvent } from '../observe.ts';
import { isChosen, type LogRequests, levelOf, lineOf, lossOf } from './line.ts';
import { type Later, refusalLog } from './refusals.ts';

/** Logs requests: it is their observer. */
export interface RequestLog {
  (event: RequestEvent): void;
  /** Logs what has been counted and not logged yet, at the end of the process. */
  readonly flush: () => void;
}

export interface RequestLogOptions {
  /** Which requests have a line of their own; `all` unless given. */
  readonly requests?: LogRequests;
  /** Absent: the platform has no timer that outlives a request. */
  readonly later?: Later;
}

/**
 * Logs one line per request, and at level warn what pages lose, counted by the minute. A failure of the edge or of a
 * bucket has level error, another 5xx answer level warn.
 */
export function requestLog(log: Log, { requests = 'all', later }: RequestLogOptions = {}): RequestLog {
  const doubled = new Set<string>();
  const refusedKeys = new Map<string, number>();
  const refusals = refusalLog(log, later);
  const sentence = createSentences();

  function warnOfBucket({ bucket, label, refusedKey, bucketHadCors }: RequestEvent): void {
    if (label === null) return;
    if (refusedKey !== undefined && isDue(refusedKeys, label))
      log.warn({ bucket, status: refusedKey }, REFUSED_KEY);
    if (bucketHadCors && !doubled.has(label)) {
      doubled.add(label);
      log.warn({ bucket }, 'the bucket sends CORS headers; the edge removes them and decides by the rules');
    }
  }

  const observe = (event: RequestEvent): void => {
    const level = levelOf(event);
    const isWarned = log.isLevelEnabled('warn');
    const isLogged = log.isLevelEnabled(level);
    if (!isWarned && !isLogged) return;
    warnOfBucket(event);
    const loss = lossOf(event);
    let because: string | null | undefined;
    const why = (): string | null => {
      because ??= sentence(event);
      return because;
    };
    if (loss !== null && event.origin !== null && isWarned) refusals.note(event, loss, why);
    if (isLogged && isChosen(requests, event, level, loss))
      log[level](lineOf(event, loss, loss === null ? null : why()), 'request');
  };
  return Object.assign(observe, { flush: refusals.flush });
}

/** Milliseconds between two such lines of one bucket. */
const REFUSED_MS = 60_000;

const REFUSED_KEY =
  'the bucket refuses requests that the edge signs: check its key and token, what the key may read, the region, and the clock of this machine; ' +
  'a missing object is refused too if the key may not list the bucket';

function isDue(logged: Map<string, number>, label: string): boolean {
  const now = monotonic();
  if (now - (logged.get(label) ?? Number.NEGATIVE_INFINITY) < REFUSED_MS) return false;
  logged.set(label, now);
  return true;
}

/** Most sentences a second: one costs up to ten times as much as the refusal that it explains. */
const SENTENCES_MOST = 100;
const SECOND = 1_000;

/** Explains a request; null beyond the limit, so that a flood of refusals does not cost a flood of explanations. */
function createSentences(): (event: RequestEvent) => string | null {
  let since = Number.NEGATIVE_INFINITY;
  let left = 0;
  return ({ why }) => {
    const now = monotonic();
    if (now - since >= SECOND) {
      since = now;
      left = SENTENCES_MOST;
    }
    left -= 1;
    return left < 0 ? null : why();
  };
}
