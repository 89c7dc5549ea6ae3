import { monotonic } from '../../rules/clock.ts';
import type { Log } from '../log.ts';
import type { RequestEvent } from '../observe.ts';
import { cut, fitTogether } from './cut.ts';
import type { Loss } from './line.ts';

/** Runs a function later, without a process that waits for it. */
export type Later = (milliseconds: number, run: () => void) => void;

/** Counts what pages lose, at level warn, apart from the lines of the requests. */
export interface RefusalLog {
  note(event: RequestEvent, loss: Loss, because: () => string | null): void;
  /** Logs what has been counted since the last lines. */
  flush(): void;
}

const MINUTE = 60_000;
/** Most pairs of an origin and a reason, of all buckets, that are counted apart: clients choose their origins. */
const COUNTED_MOST = 100;

interface Counted {
  readonly about: object;
  readonly loss: Loss;
  since: number;
  /** Requests since the last line. */
  count: number;
}

/**
 * Logs the first request of an origin that is refused for a reason, or lost, at once, and after each minute the number of
 * those that followed. Without `later` the number waits for another such request: Workers have no timer of their own.
 */
export function refusalLog(log: Pick<Log, 'warn'>, later?: Later): RefusalLog {
  // In the order of `since`: an entry moves to the end when its minute begins.
  const counted = new Map<string, Counted>();
  const others = { since: 0, count: 0 };
  let isTimed = false;

  function sweep(now: number): void {
    for (const [key, entry] of counted) {
      if (now - entry.since < MINUTE) break;
      counted.delete(key);
      if (entry.count === 0) continue;
      logAgain(entry);
      counted.set(key, Object.assign(entry, { since: now, count: 0 }));
    }
    if (others.count > 0 && now - others.since >= MINUTE) logOthers();
  }

  const logAgain = ({ about, loss, count }: Counted): void =>
    log.warn({ ...about, count }, loss === 'lost' ? 'lost by the page again' : 'refused by the rules again');

  function logOthers(): void {
    log.warn({ count: others.count }, 'refused by the rules: more origins');
    others.count = 0;
  }

  function schedule(now: number): void {
    if (later === undefined || isTimed) return;
    const [first] = counted.values();
    if (first === undefined && others.count === 0) return;
    isTimed = true;
    later(Math.max(1, Math.ceil((first ?? others).since + MINUTE - now)), () => {
      isTimed = false;
      const then = monotonic();
      sweep(then);
      schedule(then);
    });
  }

  return {
    note(event, loss, because) {
      const now = monotonic();
      sweep(now);
      const { bucket, origin, kind, decision, asked } = event;
      const key = JSON.stringify([bucket, cut(origin ?? ''), decision]);
      const entry = counted.get(key);
      if (entry !== undefined) entry.count += 1;
      else if (counted.size < COUNTED_MOST) {
        const about = { bucket, origin, kind, decision };
        counted.set(key, { about, loss, since: now, count: 0 });
        log.warn(
          fitTogether({ ...about, asked, because: because() }),
          loss === 'lost' ? 'lost by the page' : 'refused by the rules',
        );
      } else {
        if (others.count === 0) others.since = now;
        others.count += 1;
      }
      schedule(now);
    },
    flush() {
      for (const entry of counted.values()) if (entry.count > 0) logAgain(entry);
      if (others.count > 0) logOthers();
      counted.clear();
    },
  };
}
