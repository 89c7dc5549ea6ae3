import type { Facts } from '../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';

/** The parts of a request's head that the edge and its adapters use. Values of several lines are joined by `, `. */
export interface RequestHead extends Facts {
  /** Empty if the request has no Host header, or an empty one. */
  readonly host: string;
  readonly hasHost: boolean;
  /** Content-Length. */
  readonly length: string | null;
  /** Transfer-Encoding. */
  readonly coding: string | null;
  /** The head has a name that some servers read as one that frames a body: `Transfer_Encoding`, `Content_Length`. */
  readonly falseFraming: boolean;
  readonly expect: string | null;
  readonly upgrade: boolean;
  readonly via: string | null;
  readonly headerLines: number;
  /** Size of all header lines on the wire. */
  readonly headerBytes: number;
}

const LINE_OVERHEAD = ': \r\n'.length;

/**
 * Reads a head in one pass over its flat header list, as received. On Node, `incoming.headers` would first build an object
 * of all headers.
 */
export function parseHead(method: string, headers: readonly string[]): RequestHead {
  const found: (string | undefined)[] = [];
  let headerBytes = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    headerBytes += name.length + value.length + LINE_OVERHEAD;
    if (!LENGTHS.has(name.length)) continue;
    const field = FIELDS.indexOf(name.toLowerCase());
    if (field >= 0) found[field] = found[field] === undefined ? value : `${found[field]}, ${value}`;
  }
  const [host, origin, requestMethod, requestHeaders, coding, length, via, expect, upgrade, ...falseFraming] =
    found;
  return {
    method,
    host: host ?? '',
    hasHost: host !== undefined,
    origin: origin || null,
    requestMethod: requestMethod || null,
    requestHeaders: requestHeaders ?? null,
    coding: coding ?? null,
    length: length ?? null,
    falseFraming: falseFraming.length > 0,
    expect: expect ?? null,
    upgrade: upgrade !== undefined,
    via: via ?? null,
    headerLines: headers.length / 2,
    headerBytes,
  };
}

/** In the order in which `parseHead` destructures them. */
const FIELDS: readonly string[] = [
  'host',
  ORIGIN,
  REQUEST_METHOD,
  REQUEST_HEADERS,
  'transfer-encoding',
  'content-length',
  'via',
  'expect',
  'upgrade',
  'transfer_encoding',
  'content_length',
];
/** Most names of other headers have another length, and need not be lower-cased. */
const LENGTHS: ReadonlySet<number> = new Set(FIELDS.map(({ length }) => length));

/**
 * Returns the error for a request whose body has no certain end, or null. On HTTP/1.1 the connection must be closed after
 * the answer, because the start of the next request is unknown.
 */
export function framingFault({ falseFraming, length, coding }: RequestHead) {
  // A length that a number cannot represent exactly cannot be compared with the bytes received.
  if (falseFraming || !Number.isSafeInteger(Number(length ?? 0))) return 'RequestInvalid';
  return coding === null || /^chunked$/i.test(coding) ? null : 'NotImplemented';
}
