import { codeOf } from '../system-error.ts';

/** The refusals of the directory bucket, by OSS's codes, and by S3's for features of S3 alone. */
const TABLE = {
  AccessDenied: { status: 403, message: 'AccessDenied' },
  AuthorizationHeaderMalformed: {
    status: 400,
    message: 'The authorization header you provided is invalid.',
  },
  AuthorizationQueryParametersError: {
    status: 400,
    message: 'The query parameters of the signature are incomplete or malformed.',
  },
  BadDigest: { status: 400, message: 'The CRC32 you specified did not match what we received.' },
  EntityTooLarge: { status: 400, message: 'The CORS document is larger than 16 KB.' },
  FileAlreadyExists: {
    status: 409,
    message: 'The name conflicts with another object: on a disk a name is either an object or a folder.',
  },
  IncompleteBody: {
    status: 400,
    message: 'The body is incomplete, or is not the aws-chunked body that its headers announce.',
  },
  InternalError: { status: 500, message: 'The directory bucket could not do this.' },
  InvalidAccessKeyId: {
    status: 403,
    message: 'The Access Key Id you provided does not exist in our records.',
  },
  InvalidArgument: { status: 400, message: 'Authorization header is invalid.' },
  InvalidDigest: { status: 400, message: 'The Content-MD5 you specified was invalid.' },
  InvalidObjectName: { status: 400, message: 'The specified object is not valid.' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied.' },
  InvalidRequest: {
    status: 400,
    message: 'Missing required header for this request: x-amz-content-sha256.',
  },
  InvalidSecurityToken: { status: 403, message: 'The security token you provided is invalid.' },
  InvalidToken: { status: 400, message: 'The provided token is malformed or otherwise invalid.' },
  MalformedXML: { status: 400, message: 'The XML you provided was not well-formed.' },
  MethodNotAllowed: { status: 405, message: 'The specified method is not allowed against this resource.' },
  NoSuchCORSConfiguration: { status: 404, message: 'The CORS Configuration does not exist.' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NotImplemented: { status: 501, message: 'The directory bucket does not do this.' },
  PreconditionFailed: {
    status: 412,
    message: 'At least one of the preconditions you specified did not hold.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
} as const;

export type Code = keyof typeof TABLE;

const REFUSED = Symbol('refused');

/** An error response, thrown where its reason is found. */
export interface Refusal extends Error {
  readonly [REFUSED]: true;
  readonly code: Code;
  readonly status: number;
  /** Headers of this refusal, such as Allow. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Creates a refusal; `message` replaces the one in the table. */
export const refusal = (code: Code, message?: string, headers: Record<string, string> = {}): Refusal =>
  Object.assign(new Error(message ?? TABLE[code].message), {
    [REFUSED]: true as const,
    code,
    status: TABLE[code].status,
    headers,
  });

const isRefusal = (error: unknown): error is Refusal => error instanceof Error && REFUSED in error;

/** Turns a thrown value into a refusal. Of a system error it shows the code, not the path. */
export function asRefusal(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  const code = codeOf(error);
  return refusal('InternalError', code && `The directory bucket could not do this: the disk says ${code}.`);
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

// XML 1.0 cannot represent these, not even escaped (https://www.w3.org/TR/xml/#charsets). The text may name an object or
// quote a document, so U+FFFD shows where one was.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\u{FFFD}').replace(/[&<>"']/g, (character) => XML_ESCAPES[character] ?? '');

/** OSS's error document (semantics.md §1). */
export const errorXml = (error: Refusal, requestId: string, host: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>${error.code}</Code>
  <Message>${escapeXml(error.message)}</Message>
  <RequestId>${escapeXml(requestId)}</RequestId>
  <HostId>${escapeXml(host)}</HostId>
</Error>
`;
