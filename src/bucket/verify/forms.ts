import { type Denied, denied, type ReadClaim, type SignedRequest } from './claim.ts';
import {
  isTokenParameter,
  OSS_V1_PARAMETERS,
  OSS_V4_PARAMETERS,
  OTHER_PARAMETERS,
  S3_V4_PARAMETERS,
  showsScheme,
  TOKEN_HEADERS,
} from './names.ts';
import { ossV1Header, ossV1Query, ossV4Header, ossV4Query } from './oss.ts';
import { s3V4Header, s3V4Query } from './s3.ts';
import type { Verified } from './verified.ts';

interface Form {
  readonly form: Verified['form'];
  readonly read: ReadClaim;
}

/** By the start of the Authorization header, which stores compare with its letter case. */
const HEADER_FORMS: readonly (readonly [start: string, read: ReadClaim])[] = [
  ['OSS ', ossV1Header],
  ['OSS4-HMAC-SHA256 ', ossV4Header],
  ['AWS4-HMAC-SHA256 ', s3V4Header],
];

interface QueryForm {
  readonly parameters: ReadonlySet<string>;
  readonly read: ReadClaim;
  readonly malformed: 'InvalidArgument' | 'AuthorizationQueryParametersError';
}

const QUERY_FORMS: readonly QueryForm[] = [
  { parameters: OSS_V4_PARAMETERS, read: ossV4Query, malformed: 'InvalidArgument' },
  { parameters: S3_V4_PARAMETERS, read: s3V4Query, malformed: 'AuthorizationQueryParametersError' },
  { parameters: OSS_V1_PARAMETERS, read: ossV1Query, malformed: 'InvalidArgument' },
];

const UNSIGNED = denied('AccessDenied', 'Anonymous access is forbidden for this operation.');
const TWICE = denied(
  'InvalidArgument',
  'Only one auth mechanism allowed: sign the URL or the headers, not both.',
);

const UNSUPPORTED = denied(
  'InvalidArgument',
  'Unsupported Authorization Type: sign with OSS V1, OSS V4 or AWS4-HMAC-SHA256.',
);

/** Finds the only signature of a request. */
export function formOf({ parameters, headerOf }: SignedRequest): Form | Denied {
  const authorization = headerOf('authorization');
  const names = parameters.map(([name]) => name.toLowerCase());
  const inQuery = QUERY_FORMS.filter(({ parameters }) =>
    names.some((name) => parameters.has(name) && showsScheme(name)),
  );
  // Version 2 of S3 shares parameters with OSS V1.
  if (names.some((name) => OTHER_PARAMETERS.has(name))) return UNSUPPORTED;
  const [found, second] = inQuery;
  const tokens = names.filter((name) => isTokenParameter(name));
  const inHeaders = authorization !== undefined || TOKEN_HEADERS.some((name) => headerOf(name) !== undefined);
  if (second || (found && authorization !== undefined) || (tokens.length > 0 && inHeaders)) return TWICE;
  if (found) {
    const own = names.filter((name) => found.parameters.has(name));
    return new Set(own).size === own.length && tokens.length < 2
      ? { form: 'query', read: found.read }
      : denied(found.malformed, 'A query parameter of the signature is repeated.');
  }
  if (authorization === undefined) return UNSIGNED;
  const inHeader = HEADER_FORMS.find(([start]) => authorization.startsWith(start));
  return inHeader ? { form: 'header', read: inHeader[1] } : UNSUPPORTED;
}
