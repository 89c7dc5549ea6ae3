import { cut, without } from '../sign/canonical.ts';
import type { FlatHeaders } from '../transport.ts';
import {
  marks,
  OSS_V1_PARAMETERS,
  OSS_V4_PARAMETERS,
  OTHER_PARAMETERS,
  parameterNames,
  S3_V4_PARAMETERS,
  SIGNATURE_HEADERS,
  TOKEN_HEADERS,
} from './names.ts';

interface Target {
  readonly target: string;
  readonly headers: FlatHeaders;
}

const PARAMETERS: ReadonlySet<string> = new Set(
  [OSS_V1_PARAMETERS, OSS_V4_PARAMETERS, S3_V4_PARAMETERS, OTHER_PARAMETERS].flatMap((names) => [...names]),
);

const isParameter = (name: string): boolean => PARAMETERS.has(name);

const isMark = (name: string): boolean => isParameter(name) && marks(name);

/** A date and a hash of the body are in unsigned requests too. */
const MARKING_HEADERS: readonly string[] = ['authorization', ...TOKEN_HEADERS];

/** Whether a request carries a signature of any form, right or wrong. */
export const isSigned = ({ target, headers }: Target): boolean =>
  headers.some((name, at) => at % 2 === 0 && MARKING_HEADERS.includes(name.toLowerCase())) ||
  parameterNames(target).some(isMark);

function withoutParameters(target: string): string {
  const { path, query } = cut(target);
  if (query === undefined || !parameterNames(target).some(isMark)) return target;
  const rest = query.split('&').filter((piece) => !parameterNames(`?${piece}`).some(isParameter));
  return rest.length === 0 ? path : `${path}?${rest.join('&')}`;
}

/**
 * Removes a signature: the Authorization header, the store's date, hash and token headers, and the parameters of a signed
 * URL. All other parameters are as the client wrote them, in their order.
 */
export const withoutSignature = ({ target, headers }: Target): Target => ({
  target: withoutParameters(target),
  headers: without(headers, SIGNATURE_HEADERS),
});
