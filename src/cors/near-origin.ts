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
    // Most entries of a long list end here.
    if (!entry.includes('*') && !entry.toLowerCase().includes(host)) return null;
    return inList(entry, asked) ?? misspelt(entry, asked) ?? otherOrigin(entry, asked);
  };
}

/**
 * Returns what browsers send instead of a value that they never send as Origin, as a clause; null for a value that they
 * send, and for one that is not like an origin (Fetch standard, "The `Origin` header"; semantics.md §8).
 */
export function sentInstead(origin: string): string | null {
  if (origin === '' || origin.length > MAX_ORIGIN || origin.includes('*')) return null;
  const { text, slips } = correct(origin, 'https');
  if (slips.length === 0 || partsOf(text) === null) return null;
  if (!SCHEME.test(origin) && !/^(?:localhost|[^:/?#]+\.[^:/?#]+)(?=$|[:/?#])/i.test(origin)) return null;
  return `browsers ${listed(slips)}: ${text}`;
}

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
  const has = items.some((item) => matches(correct(item, asked.scheme).text, asked.origin));
  return has ? { because: 'as one value, and each origin needs an entry of its own', distance: 0 } : null;
}

/** The same origin, in a form that browsers do not send. */
function misspelt(entry: string, asked: Parts): NearOrigin | null {
  const { text, slips } = correct(entry, asked.scheme);
  if (slips.length === 0 || !matches(text, asked.origin)) return null;
  return { because: `and browsers ${listed(slips)}`, distance: slips.length };
}

/** An origin that differs in one part. */
function otherOrigin(entry: string, { origin, scheme, host, port }: Parts): NearOrigin | null {
  const { text } = correct(entry, scheme);
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

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' };

/** An entry as browsers send the origin, and what they do differently. `scheme` is for an entry without one. */
function correct(entry: string, scheme: string): { text: string; slips: readonly string[] } {
  const own = SCHEME.exec(entry)?.[1];
  const rest = own === undefined ? entry.replace(/^\/\//, '') : entry.slice(own.length + 3);
  const isOpen = own === undefined && rest.startsWith('*');
  const end = /[/?#]/.exec(rest)?.index ?? -1;
  const [authority, tail] = end === -1 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)];
  const used = (own ?? scheme).toLowerCase();
  const port = DEFAULT_PORTS[used] ?? '';
  const bare = port !== '' && authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
  const slips = [
    own === undefined && !isOpen ? 'send the scheme too' : '',
    tail === '' ? '' : `send ${tail === '/' ? 'no slash' : TAILS[tail.charAt(0)]}`,
    bare === authority ? '' : `leave out ${port}`,
    bare.toLowerCase() === bare && (own ?? used) === used ? '' : 'send scheme and host in lower case',
  ].filter((slip) => slip !== '');
  return { text: `${isOpen ? '' : `${used}://`}${bare.toLowerCase()}`, slips };
}

const SCHEME = /^([a-z]+):\/\//i;
/** What browsers do not send behind the host, by its first character. */
const TAILS: Readonly<Record<string, string>> = {
  '/': 'no path',
  '?': 'no query',
  '#': 'no fragment',
};

function matches(entry: string, origin: string): boolean {
  const star = entry.indexOf('*');
  if (star === -1) return entry === origin;
  const suffix = entry.slice(star + 1);
  return (
    origin.length >= star + suffix.length &&
    origin.startsWith(entry.slice(0, star)) &&
    origin.endsWith(suffix)
  );
}

/** `a, b and c`. */
const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
