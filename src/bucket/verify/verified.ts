import type { Dialect } from '../../cors/behaviour.ts';
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
  /** Refuses V4 signatures with this message before they are checked: the region in them cannot be. */
  readonly v4Refusal?: string | undefined;
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
  /** Checksums of the body that the URL promises, by the name of their header: SDKs move the headers there. */
  readonly checksums?: ReadonlyMap<string, string>;
  /** Checks the chunks of `STREAMING-AWS4-HMAC-SHA256-PAYLOAD…`; null for all other bodies. */
  readonly chunks: ChunkSigner | null;
}

/** Computes the signatures of the parts of an aws-chunked body; call it in the order of the body. */
export interface ChunkSigner {
  chunk(bytes: Bytes): Promise<string>;
  /** `lines`: every trailer but the signature, as `name:value\n`. */
  trailer(lines: string): Promise<string>;
}
