import { isWebOrigin } from '../../analysis/alphabet.ts';

/** The scheme, host and port of an origin or of an entry of allowOrigins, in lower case and with its default port. */
interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

export function partsOf(origin: string): Parts | null {
  const [, scheme, host, port] = /^([a-z][a-z0-9+.-]*):\/\/([^:/?#]+)(?::(\d{1,5}))?$/i.exec(origin) ?? [];
  if (scheme === undefined || host === undefined) return null;
  const lower = scheme.toLowerCase();
  return { scheme: lower, host: host.toLowerCase(), port: port ?? PORTS[lower] ?? '' };
}

/**
 * Whether an entry of allowOrigins accepts an origin. Without a port an entry has the scheme's own; `*` in the host stands
 * for any number of labels (https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter).
 */
export function acceptsOrigin(entry: string, origin: string): boolean {
  if (entry === '*' || entry === origin) return true;
  const [wanted, found] = [partsOf(entry), partsOf(origin)];
  if (wanted === null || found === null || wanted.scheme !== found.scheme || wanted.port !== found.port)
    return false;
  const [first = '', ...others] = wanted.host.split('*');
  const last = others.at(-1);
  if (last === undefined) return wanted.host === found.host;
  let at = first.length;
  if (!found.host.startsWith(first)) return false;
  for (const middle of others.slice(0, -1)) {
    const next = found.host.indexOf(middle, at);
    if (next === -1) return false;
    at = next + middle.length;
  }
  return found.host.endsWith(last) && found.host.length > at + last.length;
}

/** Why allowOrigins cannot say an entry of AllowedOrigin as the rules mean it, as a sentence; null if it can. */
export function whyNot(entry: string): string | null {
  if (entry === '*') return null;
  if (entry === 'null') return 'An origin of allowOrigins has a scheme, so `null` cannot be listed.';
  if (entry.includes('*')) return isSubdomains(entry) ? null : PATTERN;
  const parts = partsOf(entry);
  if (parts === null || !['http', 'https'].includes(parts.scheme)) return FORM;
  return isWebOrigin(entry) ? null : NORMALIZED;
}

/** `https://*.example.com`: the one pattern of which the API and the rules mean the same. */
function isSubdomains(entry: string): boolean {
  const [scheme = '', domain, ...more] = entry.split('*.');
  return (
    /^https?:\/\/$/.test(scheme) &&
    domain !== undefined &&
    more.length === 0 &&
    isWebOrigin(`${scheme}${domain}`) &&
    partsOf(entry) !== null
  );
}

const PATTERN =
  'A `*` in allowOrigins stands for the first labels of a host, never for a part of a label, a scheme or a port.';
const FORM = 'An origin of allowOrigins is `http://` or `https://`, a host name and a port.';
const NORMALIZED =
  'The rules compare an origin byte for byte; allowOrigins takes `http` to mean port 80, `https` port 443, and leaves open whether case counts.';
