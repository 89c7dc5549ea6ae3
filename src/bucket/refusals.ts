import type { Dialect } from '../cors/behaviour.ts';

/** A refusal in a store's own words: what its SDKs expect to read. */
export interface StoreRefusal {
  readonly code: StoreCode;
  readonly status: number;
  readonly message: string;
  /** The region that the signature should name: clients read it and sign again. */
  readonly region?: string;
  /** What failed that the edge depends on, for the request's event only. The client may try again. */
  readonly cause?: string;
}

/** A value, or why the store would refuse the request. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: StoreRefusal };

interface Row {
  readonly status: number;
  readonly message: string;
}

/** The codes that both dialects have; a dialect's own row replaces the common one. */
const COMMON = {
  AccessDenied: { status: 403, message: 'Access Denied' },
  AuthorizationHeaderMalformed: { status: 400, message: 'The authorization header you provided is invalid.' },
  AuthorizationQueryParametersError: {
    status: 400,
    message: 'The query parameters of the signature are incomplete or malformed.',
  },
  BadDigest: { status: 400, message: 'The checksum you specified did not match what we received.' },
  CORSRuleBeyondLimit: { status: 400, message: 'The CORS Rules num is beyond limit.' },
  EntityTooLarge: { status: 400, message: 'Your proposed upload exceeds the maximum allowed size.' },
  IncompleteBody: {
    status: 400,
    message: 'The body is incomplete, or is not the aws-chunked body that its headers announce.',
  },
  InvalidAccessKeyId: {
    status: 403,
    message: 'The Access Key Id you provided does not exist in our records.',
  },
  InvalidArgument: { status: 400, message: 'Authorization header is invalid.' },
  InvalidDigest: { status: 400, message: 'The Content-MD5 you specified was invalid.' },
  InvalidRequest: { status: 400, message: 'Missing required header for this request: x-amz-content-sha256.' },
  InvalidSecurityToken: { status: 403, message: 'The security token you provided is invalid.' },
  InvalidToken: { status: 400, message: 'The provided token is malformed or otherwise invalid.' },
  MalformedXML: {
    status: 400,
    message: 'The XML you provided was not well-formed or did not validate against our published schema',
  },
  MethodNotAllowed: { status: 405, message: 'The specified method is not allowed against this resource.' },
  NoSuchBucket: { status: 404, message: 'The specified bucket does not exist.' },
  NoSuchCORSConfiguration: { status: 404, message: 'The CORS configuration does not exist' },
  NotImplemented: {
    status: 501,
    message: 'A header you provided implies functionality that is not implemented.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
  },
  ServiceUnavailable: { status: 503, message: 'The rules cannot be stored or read now; try again.' },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
} as const satisfies Readonly<Record<string, Row>>;

export type StoreCode = keyof typeof COMMON;

/** What a dialect words in its own way (semantics.md §1). */
const OWN: Readonly<Record<Dialect, Partial<Record<StoreCode, Row>>>> = {
  oss: {
    AccessDenied: { status: 403, message: 'AccessDenied' },
    MalformedXML: {
      status: 400,
      message: 'The XML you provided was not well-formed or did not validate against our published schema.',
    },
    // ali-oss compares the whole message.
    NoSuchCORSConfiguration: { status: 404, message: 'The CORS Configuration does not exist.' },
  },
  s3: {},
};

/** Returns a store's refusal; `message` replaces the store's own where the cause can be named. */
export const storeRefusal = (dialect: Dialect, code: StoreCode, message?: string): StoreRefusal => {
  const row = OWN[dialect][code] ?? COMMON[code];
  return { code, status: row.status, message: message ?? row.message };
};

/** The same as the result of a check. */
export const refused = (dialect: Dialect, code: StoreCode, message?: string): Checked<never> => ({
  ok: false,
  refusal: storeRefusal(dialect, code, message),
});
