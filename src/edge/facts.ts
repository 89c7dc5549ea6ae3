import type { RequestLimits } from '../bucket/limits.ts';
import type { Exchange } from '../bucket/transport.ts';
import { type Facts, repeatedHeader } from '../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';
import { type EdgeFault, MAX_HEADER_LINES } from './errors.ts';

/** What the edge needs of a request's headers, found in one pass. */
export interface RequestFacts extends Facts {
  readonly host: string;
  /** Transfer-Encoding, before it is taken off. */
  readonly transferCoding: string | null;
  /** Bytes of the body where Content-Length tells them, else 0. */
  readonly bodyLength: number;
  /** A name that some servers take for one of the two that frame a body: `Transfer_Encoding`, `Content_Length`. */
  readonly falseFraming: boolean;
  readonly via: string | null;
  readonly headerLines: number;
  /** Of all header lines, as they stood on the wire. */
  readonly headerBytes: number;
}

const LINE_OVERHEAD = ': \r\n'.length;

export function readFacts({ method, headers }: Pick<Exchange, 'method' | 'headers'>): RequestFacts {
  const found: (string | undefined)[] = [];
  let headerBytes = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    headerBytes += name.length + value.length + LINE_OVERHEAD;
    if (LENGTHS[name.length] === undefined) continue;
    const wanted = WANTED.indexOf(name.toLowerCase());
    if (wanted >= 0) found[wanted] = found[wanted] === undefined ? value : `${found[wanted]}, ${value}`;
  }
  const [host, origin, requestMethod, requestHeaders, coding, length, via, ...falseFraming] = found;
  return {
    method,
    host: host ?? '',
    origin: origin || null,
    requestMethod: requestMethod || null,
    requestHeaders: requestHeaders ?? null,
    transferCoding: coding ?? null,
    bodyLength: Number(length ?? 0),
    falseFraming: falseFraming.length > 0,
    via: via ?? null,
    headerLines: headers.length / 2,
    headerBytes,
  };
}

/** In the order they are taken apart above. */
const WANTED: readonly string[] = [
  'host',
  ORIGIN,
  REQUEST_METHOD,
  REQUEST_HEADERS,
  'transfer-encoding',
  'content-length',
  'via',
  'transfer_encoding',
  'content_length',
];
const LENGTHS: readonly (true | undefined)[] = WANTED.reduce<true[]>((lengths, { length }) => {
  lengths[length] = true;
  return lengths;
}, []);

/** The error that is answered to several values of a header that CORS has once. */
export function corsFault(facts: Facts): 'InvalidOrigin' | 'InvalidRequestMethod' | null {
  const header = repeatedHeader(facts);
  if (header === null) return null;
  return header === 'origin' ? 'InvalidOrigin' : 'InvalidRequestMethod';
}

/**
 * Whether a value of Host is a host with or without a port, or empty (RFC 9112 §3.2). Without a comma, which the
 * grammar has: it is how several values are joined into one, here and by others.
 */
export const isHost = (value: string): boolean =>
  /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i.test(value);

/** What is wrong with a head whatever the request asks for; null where nothing is. */
export function faultOfHead(target: string, facts: RequestFacts, limits: RequestLimits): EdgeFault | null {
  if (target.length > limits.target) return 'URITooLong';
  if (facts.headerBytes > limits.headers || facts.headerLines > MAX_HEADER_LINES)
    return 'RequestHeaderTooLarge';
  // A length that can't be counted exactly is no length.
  if (facts.falseFraming || !Number.isSafeInteger(facts.bodyLength)) return 'RequestInvalid';
  if (facts.transferCoding !== null && !/^chunked$/i.test(facts.transferCoding)) return 'NotImplemented';
  return null;
}
