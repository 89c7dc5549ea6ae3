import type { Dialect } from '../../cors/behaviour.ts';
import { type Checked, refused } from '../refusals.ts';
import type { Bytes } from '../sign/bytes.ts';
import type { Credentials } from '../sign/credentials.ts';
import type { FlatHeaders } from '../transport.ts';

/** A signed request as the client sent it. */
export interface ClientRequest {
  readonly method: string;
  /** Raw, in origin-form, as the client sent it: SigV4 signs its path. */
  readonly target: string;
  /** What follows the bucket's prefix: `/` and a query is the bucket, anything longer an object. OSS signs bucket and key. */
  readonly key: string;
  /** As received: SigV4 signs the Host in them. */
  readonly headers: FlatHeaders;
}

export interface VerifyOptions {
  /** Whose words refusals use. */
  readonly dialect: Dialect;
  /** The bucket's name, which OSS signatures cover. */
  readonly bucket: string;
  /** The only region that V4 signatures may name; null: any. */
  readonly region: string | null;
  /** The keys that clients may sign with, read for every request. */
  readonly keys: () => Promise<readonly Credentials[]>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** MD5 of bytes; Web Crypto has none on Node. */
export type Md5 = (bytes: Bytes) => Promise<Uint8Array>;

export type Scheme = 'oss-v1' | 'oss-v4' | 's3-v4';

/** A request whose signature is right. Its body is not checked yet. */
export interface Verified {
  readonly scheme: Scheme;
  readonly form: 'header' | 'query';
  /** The key that signed it. */
  readonly key: Credentials;
  /** What the signature says of the body: a SHA-256, `UNSIGNED-PAYLOAD`, `STREAMING-…`; null: nothing. */
  readonly payload: string | null;
  /** Checks the chunks of `STREAMING-AWS4-HMAC-SHA256-PAYLOAD…`; null for all other bodies. */
  readonly chunks: ChunkSigner | null;
}

/** Computes the signatures of the parts of an aws-chunked body; call it in the order of the body. */
export interface ChunkSigner {
  chunk(bytes: Bytes): Promise<string>;
  trailer(lines: string): Promise<string>;
}

/**
 * Checks who sent a request, in its headers or its URL, by OSS V1, OSS V4 or SigV4. Refuses with the store's own code what
 * is unsigned, signed by another key or twice, too old, or changed since.
 */
export async function verifyRequest(
  _request: ClientRequest,
  { dialect }: VerifyOptions,
): Promise<Checked<Verified>> {
  return refused(dialect, 'AccessDenied');
}

/**
 * Checks a body that was read whole: Content-MD5, payload hash, checksums and chunks. Returns its content, without the
 * framing of aws-chunked.
 */
export async function verifyBody(
  _verified: Verified,
  _headers: FlatHeaders,
  _body: Bytes,
  { dialect }: { readonly dialect: Dialect; readonly md5: Md5 },
): Promise<Checked<Bytes>> {
  return refused(dialect, 'AccessDenied');
}

/** Removes a signature: the Authorization header, the store's date, hash and token headers, and the parameters of a signed URL. */
export function withoutSignature(request: { readonly target: string; readonly headers: FlatHeaders }): {
  readonly target: string;
  readonly headers: FlatHeaders;
} {
  return request;
}

/** Whether a request carries a signature of any form, right or wrong. */
export function isSigned(_request: { readonly target: string; readonly headers: FlatHeaders }): boolean {
  return false;
}
