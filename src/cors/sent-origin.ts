import { isAddress, isLoopback } from './host.ts';

/** An origin, or a pattern for origins, as browsers write it. */
export interface SentOrigin {
  readonly origin: string;
  /** What browsers do differently, as verbs without a subject: `send no slash`. Empty if they send the value as it is. */
  readonly slips: readonly string[];
}

/**
 * Returns what browsers send in place of a value (Fetch standard, "The `Origin` header"; semantics.md §8): with a scheme,
 * in punycode and lower case, without the default port, a user or a path. Null for a value that is not like an origin.
 * `scheme` is for a value without one; by default it is http for addresses and loopback names, and https for host names.
 */
export function asSent(value: string, scheme?: string): SentOrigin | null {
  const schemed = withScheme(value, scheme);
  if (schemed === null) return null;
  const { text, slip } = schemed;
  const cut = withoutTail(text);
  const tail = text.slice(cut.length);
  const origin = coversScheme(cut) ? cut.toLowerCase() : serialized(cut);
  if (origin === null) return null;
  const slips = [slip, tail === '' ? '' : `send ${tail === '/' ? 'no slash' : TAILS[tail.charAt(0)]}`];
  return { origin, slips: [...slips, ...slipsOf(cut, origin)].filter((one) => one !== '') };
}

/** What browsers do not send behind the host, by its first character. */
const TAILS: Readonly<Record<string, string>> = {
  '/': 'no path',
  '\\': 'no path',
  '?': 'no query',
  '#': 'no fragment',
};

const SCHEMES = ['https://', 'http://'];

/** Whether the wildcard stands for the scheme, and perhaps for more: browsers send origins that end as the rest does. */
export function coversScheme(value: string): boolean {
  const star = value.indexOf('*');
  const start = value.slice(0, star);
  return star !== -1 && SCHEMES.some((scheme) => scheme !== start && scheme.startsWith(start));
}

/** Returns the scheme of a value such as `https:/a.example` or `https//a.example`; null if the value is well-formed. */
export const brokenScheme = (value: string): string | null => BROKEN.exec(value)?.[1] ?? null;

const BROKEN = /^(https?)(?::\/?|\/\/)(?=[^/\d])/i;

/** Adds the scheme that a value lacks. Null if the rest is not like a host. */
function withScheme(value: string, given?: string): { text: string; slip: string } | null {
  if (value.includes('://') || coversScheme(value)) return { text: value, slip: '' };
  const broken = BROKEN.exec(value);
  if (broken !== null) {
    const own = `${(broken[1] ?? '').toLowerCase()}://`;
    return { text: `${own}${value.slice(broken[0].length)}`, slip: `send ${own}` };
  }
  const rest = value.replace(/^\/+/, '');
  const host = (/^\[[^\]]*\]/.exec(rest)?.[0] ?? rest.replace(/[:/?#].*$/s, '')).toLowerCase();
  const isHost = host.includes('.') || isLoopback(host) || host.startsWith('[');
  if (given === undefined && !isHost) return null;
  const scheme = given ?? (isLoopback(host) || isAddress(host) ? 'http' : 'https');
  return { text: `${scheme}://${rest}`, slip: 'send the scheme too' };
}

/** Returns the part of a value before its path, query or fragment. */
export function withoutTail(value: string): string {
  const scheme = value.indexOf('://');
  const from = scheme === -1 ? 0 : scheme + 3;
  const tail = /[/?#\\]/.exec(value.slice(from));
  return tail === null ? value : value.slice(0, from + tail.index);
}

/** Returns a value with scheme and without tail as the URL standard serializes its origin; null if it has none. */
function serialized(bare: string): string | null {
  // The URL parser takes `*` in a host but not in a port.
  const port = /:\d*\*\d*$/.exec(bare)?.[0] ?? '';
  const text = bare.slice(0, bare.length - port.length);
  if (!URL.canParse(text)) return null;
  const { origin, hostname } = new URL(text);
  // Punycode of a label that contains a wildcard is another label.
  return origin === 'null' || hostname === '' || /xn--[^.]*\*/.test(hostname) ? null : `${origin}${port}`;
}

function slipsOf(cut: string, origin: string): readonly string[] {
  const named = cut.replace(/:\/\/.*@/s, '://');
  const port = /:\d+$/.exec(origin) === null ? (/[^:](:\d+)$/.exec(named)?.[1] ?? '') : '';
  const bare = named.slice(0, named.length - port.length);
  const isAscii = /^[ -~]*$/.test(bare);
  return [
    named === cut ? '' : 'send no user name or password',
    port === '' ? '' : `leave out ${port}`,
    /[A-Z]/.test(bare) ? 'send scheme and host in lower case' : '',
    isAscii ? '' : 'send the name in punycode',
    isAscii && bare.toLowerCase() !== origin ? 'write the host in another way' : '',
  ];
}
