import { type Bytes, bytesOf, hex, hmacBy, sha256, utf8 } from '../sign/bytes.ts';
import { type Scope, scopeText, signingKey } from '../sign/chain.ts';
import { NO_BODY, S3_V4 } from '../sign/s3-v4.ts';
import type { ChunkSigner } from './verified.ts';

/**
 * Signs the parts of an aws-chunked body, each together with the signature before it; `seed` is that of the request.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function chunkSigner(secret: string, scope: Scope, seed: string): ChunkSigner {
  let before = seed;

  const sign = async (algorithm: string, hashes: readonly string[]): Promise<string> => {
    const text = [algorithm, scope.date, scopeText(S3_V4, scope), before, ...hashes].join('\n');
    // Not before the first chunk: a body that is never read would leave the promise without a handler.
    const key = await signingKey(S3_V4, secret, scope);
    before = hex(await hmacBy(key, utf8(text)));
    return before;
  };

  return {
    chunk: async (bytes: Bytes) => sign('AWS4-HMAC-SHA256-PAYLOAD', [NO_BODY, await sha256(bytes)]),
    trailer: async (lines) => sign('AWS4-HMAC-SHA256-TRAILER', [await sha256(bytesOf(lines))]),
  };
}
