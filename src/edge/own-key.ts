import { type StoreRefusal, storeRefusal } from '../bucket/refusals.ts';
import type { BucketRequest, FlatHeaders, Reply } from '../bucket/transport.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { Made, Routed } from './context.ts';
import { storeReply } from './error-reply.ts';

/** Stores quote the signature, its string to sign and the token in the bodies of these. */
export const isKeyRefused = (status: number): boolean => status === 400 || status === 401 || status === 403;

const REFUSED = 'The bucket refused this request, which the edge signed: ';
const MESSAGES = {
  InvalidRequest: `${REFUSED}a parameter or a header of it is not valid for this object, or the key of the edge is not.`,
  AccessDenied: `${REFUSED}the object may not exist, or the key of the edge may not read it.`,
} as const;

/** Makes the edge's answer in place of a bucket's refusal of its key. `headers`: the bucket's, without echoes. */
export function refuseOwnKey(
  request: Routed,
  status: number,
  headers: FlatHeaders,
): { readonly made: Made; readonly reply: Reply } {
  const { behaviour } = request.inForce.rules;
  const code = status === 400 ? 'InvalidRequest' : 'AccessDenied';
  const refusal: StoreRefusal = { ...storeRefusal(behaviour.dialect, code, MESSAGES[code]), status };
  const requestId = requestIdIn(headers, traitsOf(behaviour).requestIdHeader);
  const { made, reply } = storeReply(request, refusal, { requestId });
  return { made: { ...made, refusedKey: status }, reply };
}

function requestIdIn(headers: FlatHeaders, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] ?? '';
    if (headers[at]?.toLowerCase() === name && /^[\w.:+/=-]{1,128}$/.test(value)) return value;
  }
  return undefined;
}

const SECRET = /^(?:authorization|x-(?:amz|oss)-security-token)$/i;

/** The secrets of a signed request: the Authorization, the signature at its end, the token. */
export function secretsOf({ headers }: BucketRequest): readonly string[] {
  const secrets: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] ?? '';
    if (value === '' || !SECRET.test(headers[at] ?? '')) continue;
    secrets.push(value);
    const signature = /[=:]([^=:]+=*)$/.exec(value)?.[1];
    if (signature !== undefined) secrets.push(signature);
  }
  return secrets;
}

/** Returns headers without those that contain a secret, by name: a name stays with all its values or with none. */
export function withoutEchoes(headers: FlatHeaders, secrets: readonly string[]): FlatHeaders {
  const dropped = new Set<string>();
  for (let at = 0; at < headers.length; at += 2) {
    const line = `${headers[at]}\n${headers[at + 1]}`;
    if (secrets.some((secret) => line.includes(secret))) dropped.add(headers[at]?.toLowerCase() ?? '');
  }
  if (dropped.size === 0) return headers;
  return headers.filter((_, at) => !dropped.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));
}
