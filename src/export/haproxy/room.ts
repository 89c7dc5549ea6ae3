import * as headers from '../../cors/names.ts';
import type { Reason } from '../enforceable.ts';
import type { PlannedRule } from '../plan.ts';

/**
 * Characters that a `*` of an origin stands for. A browser's origin has a host of at most 253 (RFC 1035 §2.3.4) and a port;
 * a longer one would take the room of the other headers.
 */
export const STAR_LIMIT = 300;

/** Bytes of requested names that a preflight may have. Its answer has them with a blank each, within 16 KB. */
export const REQUESTED_LIMIT = 7_500;

/**
 * Bytes for headers that are added to an answer whose body fills the buffer: HAProxy's preset, and what an export sets where
 * that is not enough (https://docs.haproxy.org/2.6/configuration.html#3.2-tune.maxrewrite). One value for all exports: the
 * last one that HAProxy reads applies.
 */
const PRESET = 1_024;
export const ROOM = 4_096;
/** Bytes of it for headers of the operator's own. */
const OPERATORS = 256;
/** Bytes that HAProxy needs for each header besides its name and value. */
const EACH = 8;

/** The most bytes that a rule adds to the answer to an actual request. */
function addedBytes({ rule, allowOrigin, exact, patterns, credentials }: PlannedRule): number {
  const origins = [
    ...exact.map((entry) => entry.length),
    ...patterns.map(({ prefix, suffix }) => prefix.length + suffix.length + STAR_LIMIT),
  ];
  const values: readonly (readonly [string, number | undefined])[] = [
    [headers.ALLOW_ORIGIN, allowOrigin === '*' ? 1 : Math.max(...origins)],
    [headers.ALLOW_METHODS, rule.allowMethods.length],
    [headers.EXPOSE_HEADERS, rule.exposeHeaders?.length],
    [headers.MAX_AGE, rule.maxAge?.length],
    [headers.ALLOW_CREDENTIALS, credentials === 'none' ? undefined : 'true'.length],
    [headers.VARY, headers.ORIGIN.length],
  ];
  return values.reduce(
    (sum, [name, length]) => (length === undefined ? sum : sum + name.length + length + EACH),
    0,
  );
}

/** Whether HAProxy's preset has no room for these rules. */
export const needsRoom = (rules: readonly PlannedRule[]): boolean =>
  rules.some((planned) => addedBytes(planned) + OPERATORS > PRESET);

/** A rule whose headers have no room. */
export function headersTooLong(planned: PlannedRule): Reason | null {
  const bytes = addedBytes(planned);
  if (bytes + OPERATORS <= ROOM) return null;
  return {
    what: `The headers of rule ${planned.rule.number} may have ${bytes} bytes in an answer. HAProxy has room for ${ROOM - OPERATORS}.`,
    nearest: 'The same rule with fewer names in ExposeHeader, and with short origins.',
  };
}

/** The section that makes room. HAProxy reads several sections of this name. */
export const ROOM_SECTION = `# Room for these headers in an answer whose body fills the buffer; else it would be 500.
global
    tune.maxrewrite ${ROOM}
`;
