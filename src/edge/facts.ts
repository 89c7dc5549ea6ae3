import type { Exchange } from '../bucket/transport.ts';
import type { Facts } from '../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';

/** What the edge needs of a request's headers, found in one pass. */
export interface RequestFacts extends Facts {
  readonly host: string;
  /** Transfer-Encoding, before it is taken off. */
  readonly transferCoding: string | null;
  /** Of all header lines, as they stood on the wire. */
  readonly headerBytes: number;
}

const LINE_OVERHEAD = ': \r\n'.length;

export function readFacts({ method, headers }: Pick<Exchange, 'method' | 'headers'>): RequestFacts {
  const found: Partial<Record<string, string>> & { host?: string } = {};
  let headerBytes = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    headerBytes += name.length + value.length + LINE_OVERHEAD;
    const key = wantedName(name);
    if (key !== null) found[key] = found[key] === undefined ? value : `${found[key]}, ${value}`;
  }
  return {
    method,
    host: found.host ?? '',
    origin: found[ORIGIN] || null,
    requestMethod: found[REQUEST_METHOD] || null,
    requestHeaders: found[REQUEST_HEADERS] ?? null,
    transferCoding: found[TRANSFER_CODING] ?? null,
    headerBytes,
  };
}

const TRANSFER_CODING = 'transfer-encoding';
const WANTED: ReadonlySet<string> = new Set([
  'host',
  ORIGIN,
  REQUEST_METHOD,
  REQUEST_HEADERS,
  TRANSFER_CODING,
]);
const LENGTHS: ReadonlySet<number> = new Set([...WANTED].map((name) => name.length));

function wantedName(name: string): string | null {
  if (!LENGTHS.has(name.length)) return null;
  const key = name.toLowerCase();
  return WANTED.has(key) ? key : null;
}
