import { configuredName } from '../bucket/host.ts';
import type { Fault } from '../document/fault.ts';
import type { Fields } from '../document/fields.ts';
import { shownName, withoutSecrets } from './secrets.ts';

/** Which requests a bucket serves. */
export interface Route {
  /** Absent: every host that no other bucket names. */
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  readonly keepPrefix: boolean;
}

/** Keys of a bucket beside its options: which requests it serves. */
export const ROUTE_KEYS = ['hosts', 'prefix', 'keepPrefix', 'preload'] as const;

/** Reads which requests a bucket serves, and whether its rules are loaded at the start. */
export function takeRoute(
  fields: Fields,
  place: string,
  faults: Fault[],
): Route & { readonly preload: boolean } {
  const { hosts, prefix, keepPrefix = false, preload = false } = fields;
  const names = hosts === undefined ? undefined : takeHosts(hosts, `${place}: hosts`, faults);
  if (prefix !== undefined && !(typeof prefix === 'string' && isPrefix(prefix))) {
    faults.push({
      place: `${place}: prefix`,
      reason: 'is not a path prefix',
      write: '"/media", without a slash at the end',
    });
  }
  for (const [key, value] of Object.entries({ keepPrefix, preload })) {
    if (typeof value !== 'boolean')
      faults.push({ place: `${place}: ${key}`, reason: 'is not a boolean', write: 'true or false' });
  }
  return {
    ...(names !== undefined && { hosts: names }),
    ...(typeof prefix === 'string' && { prefix }),
    keepPrefix: keepPrefix === true,
    preload: preload === true,
  };
}

/** A prefix with a dot segment matches no request: the edge refuses those. */
const isPrefix = (prefix: string): boolean =>
  /^(\/[^/?#\\]+)+$/.test(prefix) && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(prefix);

/** Host names in the form that requests are compared in. */
function takeHosts(given: unknown, place: string, faults: Fault[]): readonly string[] {
  const write = '["files.example.com"], without a port';
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) faults.push({ place, reason: 'is not a list of host names', write });
  const names = new Set<string>();
  for (const text of list) {
    const name = typeof text === 'string' ? configuredName(text) : null;
    if (name === null) {
      const shown = withoutSecrets(String(text));
      const value = shown === null ? {} : { value: shown };
      faults.push({ place, ...value, reason: 'is not a host name', write });
    } else if (names.has(name)) {
      faults.push({
        place,
        value: shownName(String(text)),
        reason: 'is listed twice',
        write: 'each host once',
      });
    } else names.add(name);
  }
  return [...names];
}

/** Two buckets with the same host and prefix: no request could select one of them. */
export function routeConflicts(
  buckets: readonly (Route & { readonly name: string })[],
  file: string,
): Fault[] {
  const taken = new Map<string, string>();
  return buckets.flatMap(({ name, hosts = [''], prefix = '' }) =>
    hosts.flatMap((host) => {
      const where = `${host}${prefix}`;
      const other = taken.get(where);
      taken.set(where, other ?? name);
      if (other === undefined || other === name) return [];
      const value = where === '' ? 'every host' : shownName(where);
      const place = `${file}: buckets.${shownName(name)}`;
      return [
        {
          place,
          value,
          reason: `is already served by ${shownName(other)}`,
          write: 'other hosts, or another prefix',
        },
      ];
    }),
  );
}
