import { asSent, brokenScheme, coversScheme, withoutTail } from '../../cors/sent-origin.ts';
import type { Code, Severity } from '../../document/codes.ts';
import { isWebOrigin } from '../alphabet.ts';

export { coversScheme } from '../../cors/sent-origin.ts';

/** What is wrong with one AllowedOrigin. */
export interface OriginProblem {
  readonly code: Code;
  readonly severity?: Severity;
  readonly reason: string;
  /** The entries to write in its place; empty: leave it out. Absent if a person has to decide. */
  readonly corrected?: readonly string[];
  /** What to write if `corrected` is absent, or to explain it. */
  readonly write?: string;
}

/** Returns the first problem of an origin's form: browsers send no origin that such an entry matches. */
export function formProblem(value: string): OriginProblem | undefined {
  for (const test of TESTS) {
    const problem = test(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const TESTS: readonly ((value: string) => OriginProblem | undefined)[] = [
  severalOrigins,
  nullOrigin,
  missingScheme,
  tailBehind,
  defaultPort,
  capitals,
  unsent,
];

/** A comma or a blank is never part of an origin; a scheme in the middle begins a second one. */
function severalOrigins(value: string): OriginProblem | undefined {
  if (!/[,;|\s]/.test(value)) return undefined;
  return {
    code: 'BC106',
    reason: 'contains several origins, and a value is compared with one origin as a whole',
    corrected: value.split(/[,;|\s]+/).filter((part) => part !== ''),
  };
}

function nullOrigin(value: string): OriginProblem | undefined {
  if (value.toLowerCase() !== 'null') return undefined;
  if (value !== 'null') return { code: 'BC104', reason: CAPITALS, write: 'each origin by its name' };
  return {
    code: 'BC105',
    reason: 'is the origin of every sandboxed frame and local file, so any page can send it',
    corrected: [],
    write: 'the origins that are meant, by their names',
  };
}

function missingScheme(value: string): OriginProblem | undefined {
  if (value.includes('://') || coversScheme(value)) return undefined;
  const broken = brokenScheme(value);
  const corrected = asSent(value)?.origin;
  return {
    code: 'BC102',
    reason:
      broken === null
        ? 'has no scheme, and browsers send one: values are compared letter by letter'
        : `has no :// after its scheme, and browsers send ${broken}://`,
    ...(corrected !== undefined && { corrected: [corrected] }),
  };
}

function tailBehind(value: string): OriginProblem | undefined {
  const cut = withoutTail(value);
  const tail = value.slice(cut.length);
  if (tail === '') return undefined;
  const part = tail.includes('#') ? 'a fragment' : tail.includes('?') ? 'a query' : 'a path';
  const corrected = normal(cut.startsWith('*.') ? `https://${cut}` : cut);
  return {
    code: 'BC101',
    reason:
      tail === '/'
        ? 'ends in a slash, and browsers send origins without one'
        : `contains ${part}, and browsers send the origin only`,
    ...(corrected !== undefined && { corrected: [corrected] }),
  };
}

function defaultPort(value: string): OriginProblem | undefined {
  const port = /^http:\/\/.*[^:](:80)$|^https:\/\/.*[^:](:443)$/i.exec(value);
  if (port === null) return undefined;
  const corrected = normal(value);
  return {
    code: 'BC103',
    reason: `names the default port ${port[1] ?? port[2]}, and browsers leave it out`,
    ...(corrected !== undefined && { corrected: [corrected] }),
  };
}

const CAPITALS = 'contains capitals, and browsers send origins in lower case';

function capitals(value: string): OriginProblem | undefined {
  // The host of another scheme is no domain name: its case counts.
  const compared = /^https?:\/\//i.test(value) || coversScheme(value) ? value : value.replace(/:\/\/.*$/, '');
  if (!/[A-Z]/.test(compared)) return undefined;
  const corrected = normal(value) ?? value.toLowerCase();
  return { code: 'BC104', reason: CAPITALS, corrected: [corrected] };
}

/** Everything else that no browser sends. An app's own scheme (`capacitor://localhost`) is an origin of that app. */
function unsent(value: string): OriginProblem | undefined {
  if (value.includes('@')) {
    const corrected = value.includes('*') ? undefined : normal(value);
    return { ...problem110(WITH_USER), ...(corrected !== undefined && { corrected: [corrected] }) };
  }
  if (!value.includes('://')) return undefined;
  const scheme = value.slice(0, value.indexOf('://'));
  if (scheme.includes('*')) return coversScheme(value) ? undefined : problem110(UNKNOWN_SCHEME);
  if (/^(?:wss?|ftp)$/.test(scheme)) return problem110(`begins with ${scheme}://, which no page has`);
  // A misspelt scheme consists of the letters of "https".
  if (scheme !== 'http' && scheme !== 'https')
    return /^[htps]+$/.test(scheme) || !/^[a-z][a-z0-9+.-]*$/.test(scheme)
      ? problem110(UNKNOWN_SCHEME)
      : undefined;
  if (canBeSent(value)) return undefined;
  const corrected = normal(value);
  const isClear = corrected !== undefined && corrected !== value;
  return { ...problem110(reasonUnsent(value, isClear)), ...(isClear && { corrected: [corrected] }) };
}

const UNKNOWN_SCHEME = 'has a scheme that no browser knows';

const WITH_USER = 'contains a user name or password, and browsers send the origin only';

const problem110 = (reason: string): OriginProblem => ({ code: 'BC110', reason });

function reasonUnsent(value: string, isClear: boolean): string {
  if (/[^ -~]/.test(value)) return 'is not in ASCII, and browsers send the name in punycode';
  return isClear
    ? 'is written in another way than browsers send it'
    : 'is no origin that browsers send: its host or port is not valid';
}

/** Parts that a wildcard can stand for in an origin: of a host, of a port, or of both. */
const MIDDLES = ['app', '', 'app.example', '8080', '1', 'app.', '.app', 'app.example:8080'];

function canBeSent(value: string): boolean {
  const isSent = (origin: string) =>
    (isWebOrigin(origin) && !/\.\d+(?::\d+)?$/.test(origin)) || isNormal(origin);
  return value.includes('*') ? MIDDLES.some((middle) => isSent(value.replace('*', middle))) : isSent(value);
}

const isNormal = (origin: string): boolean => normal(origin) === origin;

/** Where the wildcard stands for the scheme, nothing is safe to write: the rest of the entry may be `*`. */
const normal = (value: string): string | undefined =>
  coversScheme(value) ? undefined : asSent(value)?.origin;
