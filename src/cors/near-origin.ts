import { compileOrigins, matchesEntries } from './pattern.ts';
import { asSent, type SentOrigin } from './sent-origin.ts';

/** An entry of AllowedOrigin that differs from an origin by a slip. */
export interface NearOrigin {
  /** Continues the sentence "rule 1 lists ENTRY, …". */
  readonly because: string;
  /** Lower is closer. */
  readonly distance: number;
}

/** A host has 253 characters at most (RFC 1035 §2.3.4), and a browser adds a scheme and a port. */
const MAX_ORIGIN = 300;
const MAX_ENTRY = 2_000;
const MAX_ITEMS = 100;

interface Parts {
  readonly origin: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/**
 * Returns a function that compares entries with one origin: null for an entry that is not close. `null` and values that are
 * no origin of the web have no close entries.
 */
export function nearOriginOf(origin: string): (entry: string) => NearOrigin | null {
  const asked = partsOf(origin);
  if (asked === null) return () => null;
  const host = withoutWww(asked.host);
  return (entry) => {
    if (entry.length > MAX_ENTRY) return null;
    // Most entries of a long list end here. Browsers write IPv6 addresses and hosts outside ASCII in another way.
    if (!/[^ -~]|[[%]/.test(entry) && !entry.includes('*') && !entry.toLowerCase().includes(host))
      return null;
    const sent = asSent(entry, asked.scheme) ?? { origin: entry, slips: [] };
    return inList(entry, asked) ?? misspelt(sent, asked) ?? otherOrigin(sent, asked);
  };
}

/**
 * Returns what browsers send in place of a value that they never send as Origin; null for a value that they send, and for
 * one that is not like an origin.
 */
export function sentInstead(origin: string): SentOrigin | null {
  if (origin === '' || origin.length > MAX_ORIGIN || /[*,;|\s]/.test(origin)) return null;
  const sent = asSent(origin);
  return sent === null || sent.slips.length === 0 || partsOf(sent.origin) === null ? null : sent;
}

/** Returns what browsers send as a clause: `browsers send no slash: https://app.example`. */
export const insteadClause = ({ origin, slips }: SentOrigin): string =>
  `browsers ${listed(slips)}: ${origin}`;

function partsOf(origin: string): Parts | null {
  if (origin.length > MAX_ORIGIN) return null;
  const [, scheme, host, port] = /^(https?):\/\/(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/.exec(origin) ?? [];
  if (scheme === undefined || host === undefined) return null;
  return { origin, scheme, host, port: port ?? '' };
}

/** Several origins in one value. */
function inList(entry: string, asked: Parts): NearOrigin | null {
  if (!/[\s,;]/.test(entry)) return null;
  const items = entry.split(/[\s,;]+/, MAX_ITEMS).filter((item) => item !== '');
  if (items.length < 2) return null;
  const has = items.some((item) => matches(asSent(item, asked.scheme)?.origin ?? item, asked.origin));
  return has ? { because: 'as one value, and each origin needs an entry of its own', distance: 0 } : null;
}

/** The same origin, in a form that browsers do not send. */
function misspelt({ origin, slips }: SentOrigin, asked: Parts): NearOrigin | null {
  if (slips.length === 0 || !matches(origin, asked.origin)) return null;
  return { because: `and browsers ${listed(slips)}`, distance: slips.length };
}

/** An origin that differs in one part. */
function otherOrigin({ origin: text }: SentOrigin, { origin, scheme, host, port }: Parts): NearOrigin | null {
  const other = scheme === 'https' ? 'http' : 'https';
  if (matches(text, `${other}${origin.slice(scheme.length)}`)) {
    return { because: `and ${other} is not ${scheme}`, distance: 10 };
  }
  const [, listedPort] = PORT.exec(text) ?? [];
  if (matches(text.replace(PORT, ''), `${scheme}://${host}`)) {
    if (listedPort === undefined) return { because: `without the port ${port}`, distance: 11 };
    const asked = port === '' ? 'and the origin has no port' : `and the port is ${port}`;
    return { because: asked, distance: 11 };
  }
  const tail = port === '' ? '' : `:${port}`;
  if (text === `${scheme}://*.${host}${tail}` || text === `*.${host}${tail}`) {
    return { because: `and ${host} is not a subdomain of itself`, distance: 12 };
  }
  const twin = host.startsWith('www.') ? host.slice(4) : `www.${host}`;
  return text === `${scheme}://${twin}${tail}`
    ? { because: `and ${twin} is another host than ${host}`, distance: 13 }
    : null;
}

const PORT = /:(\d+|\*)$/;

const withoutWww = (host: string): string => (host.startsWith('www.') ? host.slice(4) : host);

const matches = (entry: string, origin: string): boolean => matchesEntries(compileOrigins([entry]), origin);

/** `a, b and c`. */
const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
