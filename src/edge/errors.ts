import { REQUEST_LIMITS, type RequestLimits } from '../bucket/limits.ts';
import type { Failure } from '../bucket/transport.ts';
import type { Reason } from '../cors/reason.ts';

/** The errors that the edge finds itself, before it sends a request to a bucket. */
export type EdgeFault =
  | 'NoSuchBucket'
  | 'InvalidURI'
  | 'InvalidHost'
  | 'InvalidOrigin'
  | 'InvalidRequestMethod'
  | 'HostNotAllowed'
  | 'WriteNotAllowed'
  | 'URITooLong'
  | 'RequestHeaderTooLarge'
  | 'MethodNotAllowed'
  | 'NotImplemented'
  | 'RequestInvalid'
  | 'LoopDetected'
  | 'ConfigurationInvalid'
  | 'InternalError';

export type ErrorCode = EdgeFault | Failure;

export interface ErrorRow {
  readonly status: number;
  readonly message: string;
}

/**
 * Most header lines that the edge accepts: the default of Apache and Tomcat, which may run in front of a store. Node's
 * parser refuses or drops lines beyond a thousand; the lines that remain still exceed this limit.
 */
export const MAX_HEADER_LINES = 100;
/** The methods that the edge accepts. It answers OPTIONS itself and forwards the others. */
export const METHODS_SERVED = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'];

export type Errors = Readonly<Record<ErrorCode, ErrorRow>>;

/** Returns the table of errors: status and message by code. A refused preflight is a decision, not an error. */
export const errorsFor = ({ target, headers }: RequestLimits): Errors => ({
  NoSuchBucket: { status: 404, message: 'No bucket is configured for this host and path.' },
  InvalidURI: {
    status: 400,
    message:
      'The request target is not a path that can be routed: dot segments are refused, and what could be read as the path of another bucket or as a request for ?cors. Percent-encode characters of keys and values.',
  },
  InvalidHost: { status: 400, message: 'The request has several Host headers, or an invalid one.' },
  InvalidOrigin: {
    status: 400,
    message: 'The request has several Origin headers, or one that lists several origins.',
  },
  InvalidRequestMethod: {
    status: 400,
    message:
      'The request has several Access-Control-Request-Method headers, or one that lists several methods.',
  },
  HostNotAllowed: {
    status: 403,
    message:
      'The bucket is a folder, served under localhost, loopback addresses and configured hosts only: ask for one of them, or name this host with --own-hosts.',
  },
  WriteNotAllowed: {
    status: 403,
    message:
      "The bucket is a folder: a page of another origin writes only what the bucket's rules allow it, and no page writes the rules.",
  },
  URITooLong: { status: 414, message: `The request target is longer than ${target} bytes.` },
  RequestHeaderTooLarge: {
    status: 431,
    message: `The request headers are longer than ${headers} bytes or more than ${MAX_HEADER_LINES} lines.`,
  },
  MethodNotAllowed: { status: 405, message: `The method is not one of ${METHODS_SERVED.join(', ')}.` },
  NotImplemented: { status: 501, message: 'The request body has a transfer coding other than chunked.' },
  LoopDetected: {
    status: 508,
    message: "The request has passed this edge before: the bucket's address leads back to the edge.",
  },
  ConfigurationInvalid: {
    status: 500,
    message: 'The configuration of the edge is invalid; its log has the same lines as this answer.',
  },
  InternalError: {
    status: 500,
    message: 'The edge failed on this request; its log has the error under the request id.',
  },
  BucketBusy: {
    status: 503,
    message: 'The bucket has as many requests in flight as it may have; try again.',
  },
  BucketUnreachable: { status: 502, message: 'No connection to the bucket could be made.' },
  BucketConnectTimeout: { status: 504, message: 'The bucket did not accept a connection in time.' },
  BucketHeadTimeout: { status: 504, message: 'The bucket did not begin to answer in time.' },
  BucketIdleTimeout: {
    status: 504,
    message: 'The transfer to or from the bucket made no progress for too long.',
  },
  BucketUploadTimeout: { status: 504, message: 'The bucket stopped reading the upload.' },
  BucketBrokeOff: { status: 502, message: 'The bucket closed the connection before it had answered.' },
  BucketAnswerInvalid: { status: 502, message: "The bucket's answer is not valid HTTP." },
  HTTPVersionNotSupported: {
    status: 505,
    message:
      'The bucket gives no length, and HTTP/1.0 over TLS or a Unix socket cannot distinguish a part of an answer from the whole: use HTTP/1.1.',
  },
  RequestInvalid: {
    status: 400,
    message: 'The request cannot be forwarded: a header or the body length is invalid.',
  },
  ClientTimeout: { status: 408, message: 'The client stopped sending its upload.' },
  ClientTooSlow: {
    status: 408,
    message: 'The client was too slow while requests of others waited for the bucket.',
  },
  ClientGone: { status: 499, message: 'The client closed the connection before the answer was complete.' },
});

/** The table of errors with the default limits. */
export const ERRORS: Errors = errorsFor(REQUEST_LIMITS);

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly reason: Reason | null;
  readonly details?: readonly (readonly [name: string, text: string])[];
  readonly trailer?: readonly (readonly [name: string, text: string])[];
  readonly requestId: string;
  /** The Host the client used. */
  readonly host: string;
}

/** Returns an error in the store's XML form (semantics.md §1), with the reason after the message. */
export function errorXml({ code, message, reason, details, trailer, requestId, host }: ErrorBody): string {
  const elements: (readonly [string, string])[] = [
    ['Code', code],
    ['Message', message],
    ...(reason === null ? [] : [['Reason', reason] as const]),
    ...(details ?? []),
    ['RequestId', requestId],
    ['HostId', host],
    ...(trailer ?? []),
  ];
  const lines = elements.map(([name, text]) => `  <${name}>${escapeXml(text)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n${lines.join('\n')}\n</Error>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Escapes markup, and drops the control characters that XML 1.0 cannot contain (XML 1.0 §2.2). The text comes from request
 * headers, which contain no other invalid character.
 */
const escapeXml = (text: string): string =>
  text.replace(/[&<>]|(?![\t\n\r\x7f-\x9f])\p{Cc}/gu, (char) => ESCAPES[char] ?? '');
