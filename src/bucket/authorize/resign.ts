import type { Dialect } from '../../cors/behaviour.ts';
import { type Checked, refused } from '../refusals.ts';
import { headerMap } from '../sign/canonical.ts';
import { UNSIGNED_PAYLOAD } from '../sign/chain.ts';
import type { BucketRequest } from '../transport.ts';
import { UNSIGNED_CHUNKS } from '../verify/payload.ts';
import { type ClientRequest, type Verified, withoutSignature } from '../verify/verify.ts';
import { unhoisted } from './hoisted.ts';

/** A request without its client's signature, and what the signature for the bucket says of its body. */
export interface Bare {
  readonly request: BucketRequest;
  /** The target without the path of the bucket's address. */
  readonly key: string;
  readonly payload: string;
}

/** Removes a checked signature. Refuses what the edge cannot sign for the bucket as its client has signed it. */
export function bareOf(
  request: BucketRequest,
  client: ClientRequest,
  verified: Verified,
  dialect: Dialect,
): Checked<Bare> {
  const dropped = droppedHeader(client);
  if (dropped !== null) return refused(dialect, 'InvalidRequest', droppedMessage(dropped));
  const message = schemeFault(verified, dialect);
  if (message !== null) return refused(dialect, 'NotImplemented', message);
  const { target: key } = withoutSignature({ target: client.key, headers: [] });
  const payload = verified.payload ?? UNSIGNED_PAYLOAD;
  const bare = { ...request, ...withoutSignature(request) };
  if (dialect !== 's3' || verified.form !== 'query')
    return { ok: true, value: { request: bare, key, payload } };
  const placed = unhoisted(bare);
  return placed.ok
    ? { ok: true, value: { request: placed.value, key, payload } }
    : refused(dialect, 'InvalidArgument', placed.message);
}

/** Options of Connection, and headers that it names in requests of ordinary clients. */
const OF_CONNECTIONS: readonly string[] = ['', 'close', 'http2-settings', 'keep-alive', 'te', 'upgrade'];

/**
 * A header that Connection names does not reach the bucket, so that the holder of a signed URL could drop what its signer
 * has demanded, such as `x-oss-forbid-overwrite`.
 */
function droppedHeader({ headers }: ClientRequest): string | null {
  const named = (headerMap(headers).get('connection') ?? '').toLowerCase().split(',');
  return named.map((name) => name.trim()).find((name) => !OF_CONNECTIONS.includes(name)) ?? null;
}

const droppedMessage = (name: string): string =>
  `The Connection header of a signed request names ${name.slice(0, 64)}, which would not reach the bucket.`;

function schemeFault({ scheme, payload }: Verified, dialect: Dialect): string | null {
  if ((scheme === 's3-v4') !== (dialect === 's3')) return OTHER_SCHEME[dialect];
  return payload?.startsWith('STREAMING-') && payload !== UNSIGNED_CHUNKS ? SIGNED_CHUNKS : null;
}

const SIGNED_CHUNKS =
  'The edge signs this request again, but not the chunks of its STREAMING-AWS4-… body. Let the client send the SHA-256 ' +
  'of the body, UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER: switch its chunked encoding off, or reach the ' +
  'edge by https.';

const OTHER_SCHEME: Readonly<Record<Dialect, string>> = {
  oss: 'The edge signs requests for this bucket again by OSS V1 or V4, so let the client sign by one of them, not by SigV4.',
  s3: 'The edge signs requests for this bucket again by SigV4, so let the client sign by SigV4, not by OSS V1 or V4.',
};
