import { type Domains, isAddress, isLoopback, isPrivateName } from './domains.ts';
import { coversScheme, type OriginProblem } from './origin-form.ts';

/** A pattern for origins, divided at its wildcard: `https://app-*.example.com:8443`. */
interface Wildcard {
  readonly value: string;
  /** `https://`; the wildcard may stand for it. */
  readonly scheme: string;
  /** The host's part before the wildcard: `app-`. */
  readonly before: string;
  /** The host's part behind the wildcard: `.example.com`. */
  readonly behind: string;
  /** With its colon, or empty. */
  readonly port: string;
}

/**
 * Returns the first problem of an origin that browsers can send and that contains a wildcard: it accepts origins of other
 * owners, because `*` stands for dots too (semantics.md §2.2), or `http://` beside `https://`.
 */
export function wildcardProblem(value: string, domains: Domains): OriginProblem | undefined {
  if (value === '*' || !value.includes('*')) return undefined;
  const [start = '', end = ''] = value.split('*');
  if (coversScheme(value) && end.includes('://')) return anyScheme(start, end);
  const wildcard = hostWildcard(value, start, end);
  return wildcard === undefined ? undefined : hostProblem(wildcard, domains);
}

/** `*://example.com`, `http*://example.com`: no browser sends another scheme with this host. */
function anyScheme(start: string, end: string): OriginProblem | undefined {
  const [schemeEnd = '', rest = ''] = end.split('://');
  const isTaken = (scheme: string) =>
    scheme.length >= start.length + schemeEnd.length &&
    scheme.startsWith(start) &&
    scheme.endsWith(schemeEnd);
  if (!isTaken('http') || isLoopback(rest.replace(/:\d*$/, ''))) return undefined;
  return {
    code: 'BC109',
    reason: `accepts http://${rest} too, and anyone on a page's network can change pages of http`,
    corrected: [`https://${rest}`],
  };
}

/** The wildcard in a host; undefined if it stands for a port only, or in an address of IPv6. */
function hostWildcard(value: string, start: string, end: string): Wildcard | undefined {
  const scheme = coversScheme(value) ? '' : (/^https?:\/\//.exec(start)?.[0] ?? '');
  if (!coversScheme(value) && scheme === '') return undefined;
  const before = coversScheme(value) ? '' : start.slice(scheme.length);
  const port = /:\d*$/.exec(end)?.[0] ?? '';
  if (/[[\]:]/.test(before) || end.includes(']')) return undefined;
  return { value, scheme, before, behind: end.slice(0, end.length - port.length), port };
}

function hostProblem(wildcard: Wildcard, domains: Domains): OriginProblem | undefined {
  const { before, behind, port } = wildcard;
  if (behind === '' || behind === '.') return before === '' ? anyHost(wildcard) : openEnd(wildcard, domains);
  if (/^\d+$/.test(behind) && port === '')
    return foreign(wildcard, `${NEEDS_DOT.test(before) ? '.' : ''}evil.net:`);
  if (isAddress(behind) || isPrivateName(behind)) return anyHttp(wildcard);
  if (behind.startsWith('.')) {
    if (domains.publicSuffix(behind.slice(1)) !== behind.slice(1)) return anyHttp(wildcard);
    return before === '' ? publicSuffix(wildcard) : foreign(wildcard, 'evil');
  }
  // `https://*-preview.example.com` stays below the domain behind the first dot.
  const domain = behind.split('.').slice(1).join('.');
  if (domains.registrable(domain) !== null) return anyHttp(wildcard);
  if (domain === '') return foreign(wildcard, 'evil.');
  const isDomain = before === '' && domains.registrable(behind) === behind && !behind.startsWith('-');
  return foreign(
    wildcard,
    'evil',
    isDomain ? (origin) => [origin(behind), origin(`*.${behind}`)] : undefined,
  );
}

/** A host's beginning that needs a dot before the next label. */
const NEEDS_DOT = /[^.]$/;

type Write = (origin: (host: string) => string) => readonly string[];

/** The wildcard reaches a domain that another owner can register: `https://*example.com`. */
function foreign(wildcard: Wildcard, middle: string, write?: Write): OriginProblem {
  const corrected = write?.((host) => `${wildcard.scheme || 'https://'}${host}${wildcard.port}`);
  const witness = `${wildcard.scheme || 'https://'}${wildcard.before}${middle}${wildcard.behind}${wildcard.port}`;
  return {
    code: 'BC107',
    reason: `accepts origins of other owners, such as ${witness}: * stands for any characters`,
    ...(corrected === undefined ? { write: BY_NAME } : { corrected }),
  };
}

const BY_NAME = 'each origin by its name, or https://*. before a domain of your own';

/** No name stands behind the wildcard: `https://example.com*`, `https://example.*`, `http://localhost*`. */
function openEnd(wildcard: Wildcard, domains: Domains): OriginProblem {
  const { before } = wildcard;
  const middle = `${NEEDS_DOT.test(before) ? '.' : ''}evil.net`;
  if (isLoopback(before))
    return foreign(wildcard, middle, (origin) =>
      wildcard.port === '' ? [origin(before), `${origin(before)}:*`] : [origin(before)],
    );
  const isHost = domains.registrable(before) !== null && !before.endsWith('.');
  return foreign(wildcard, middle, isHost ? (origin) => [origin(before)] : undefined);
}

/** `https://*`, `*:8443`, `https://*.`. */
const anyHost = ({ scheme, behind, port }: Wildcard): OriginProblem => ({
  code: 'BC108',
  reason: `accepts every host${behind === '' ? '' : ' that ends in a dot'}${port}: ${scheme || 'https://'}evil.example${behind}${port} too`,
  write: '* if every page may use the bucket, or each origin by its name',
});

/** `https://*.com`, `https://*.github.io`. */
const publicSuffix = ({ scheme, behind, port }: Wildcard): OriginProblem => ({
  code: 'BC108',
  reason: `accepts every domain below ${behind.slice(1)}, where anyone can register one: ${scheme || 'https://'}evil${behind}${port} too`,
  write: BY_NAME,
});

/** Confined to one owner's domain, but a wildcard for the scheme takes `http://` too: `*.example.com`. */
function anyHttp({ scheme, before, behind, port, value }: Wildcard): OriginProblem | undefined {
  if (scheme !== '' || isLoopback(behind.replace(/^\./, ''))) return undefined;
  const isDomain = value.startsWith('*.') && before === '';
  return {
    code: 'BC102',
    severity: 'warning',
    reason: `has no scheme, so the wildcard accepts http://app${behind}${port} too, whose pages anyone on the network can change`,
    ...(isDomain
      ? { corrected: [`https://${value}`] }
      : { write: `https:// and a host before ${behind}${port}` }),
  };
}
