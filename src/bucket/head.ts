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
 * of all headers. Names are compared by length first: most headers have another, and cost no more.
 */
export function parseHead(method: string, headers: readonly string[]): RequestHead {
  let host: string | undefined;
  let origin: string | undefined;
  let requestMethod: string | undefined;
  let requestHeaders: string | undefined;
  let coding: string | undefined;
  let length: string | undefined;
  let via: string | undefined;
  let expect: string | undefined;
  let upgrade = false;
  let falseFraming = false;
  let headerBytes = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    headerBytes += name.length + value.length + LINE_OVERHEAD;
    switch (name.length) {
      case 3:
        if (isNamed(name, 'Via', 'via')) via = joined(via, value);
        break;
      case 4:
        if (isNamed(name, 'Host', 'host')) host = joined(host, value);
        break;
      case 6:
        if (isNamed(name, 'Origin', ORIGIN)) origin = joined(origin, value);
        else if (isNamed(name, 'Expect', 'expect')) expect = joined(expect, value);
        break;
      case 7:
        upgrade ||= isNamed(name, 'Upgrade', 'upgrade');
        break;
      case 14:
        if (isNamed(name, 'Content-Length', 'content-length')) length = joined(length, value);
        else falseFraming ||= isNamed(name, 'Content_Length', 'content_length');
        break;
      case 17:
        if (isNamed(name, 'Transfer-Encoding', 'transfer-encoding')) coding = joined(coding, value);
        else falseFraming ||= isNamed(name, 'Transfer_Encoding', 'transfer_encoding');
        break;
      case 29:
        if (isNamed(name, METHOD, REQUEST_METHOD)) requestMethod = joined(requestMethod, value);
        break;
      case 30:
        if (isNamed(name, HEADERS, REQUEST_HEADERS)) requestHeaders = joined(requestHeaders, value);
    }
  }
  return {
    method,
    host: host ?? '',
    hasHost: host !== undefined,
    origin: origin || null,
    requestMethod: requestMethod || null,
    requestHeaders: requestHeaders ?? null,
    coding: coding ?? null,
    length: length ?? null,
    falseFraming,
    expect: expect ?? null,
    upgrade,
    via: via ?? null,
    headerLines: headers.length / 2,
    headerBytes,
  };
}

/** A value after those of earlier lines with the same name (RFC 9110 §5.3). */
const joined = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before}, ${value}`;

/** The names as browsers write them over HTTP/1.1. */
const METHOD = 'Access-Control-Request-Method';
const HEADERS = 'Access-Control-Request-Headers';

/** Whether a name is `lower` in any case. `usual` saves the conversion, which makes a text. */
const isNamed = (name: string, usual: string, lower: string): boolean =>
  name === usual || name.toLowerCase() === lower;

/**
 * Returns the error for a request whose body has no certain end, or null. On HTTP/1.1 the connection must be closed after
 * the answer, because the start of the next request is unknown.
 */
export function framingFault({ falseFraming, length, coding }: RequestHead) {
  // A length that a number cannot represent exactly cannot be compared with the bytes received.
  if (falseFraming || !Number.isSafeInteger(Number(length ?? 0))) return 'RequestInvalid';
  return coding === null || /^chunked$/i.test(coding) ? null : 'NotImplemented';
}
