import { DOCTOR_ORIGIN } from '../cors/names.ts';
import type { Refusals } from '../rules/refusals.ts';
import type { Observe } from './observe.ts';

/**
 * Counts the requests that pages lose. For other requests it compares a word, and looks for cookies. `doctor` asks as a
 * foreign origin on purpose: no page loses that answer.
 */
export const observeRefusals =
  ({ count }: Pick<Refusals, 'count'>): Observe =>
  (event) => {
    const { bucket, kind, origin, decision: reason, method, path } = event;
    if (bucket === null || kind === null || !origin || reason === null || reason === 'not_cors') return;
    if (origin === DOCTOR_ORIGIN) return;
    if (reason !== 'matched') {
      const { asked } = event;
      const wanted = kind === 'preflight' ? (asked?.method ?? method) : method;
      count({ bucket, kind, origin, method: wanted, headers: asked?.headers ?? null, reason, path });
    } else if (kind === 'actual' && event.lacksCredentials()) {
      count({ bucket, kind, origin, method, headers: null, reason: 'credentials_not_allowed', path });
    }
  };
