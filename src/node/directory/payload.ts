import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_CHUNKS } from '../../bucket/verify/payload.ts';
import { summed } from './checksum.ts';
import { unchunk } from './chunked.ts';
import { bodyOf, type Exchange } from './exchange.ts';
import { refusal } from './refusal.ts';

const HASH = 'x-amz-content-sha256';

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

async function* checked(body: AsyncIterable<Buffer>, promised: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== promised) throw refusal('XAmzContentSHA256Mismatch');
}

/** The body without framing. */
function contentOf({ request, signed }: Exchange): AsyncIterable<Buffer> {
  const body = bodyOf(request);
  const promised = headerOf(request.headers, HASH);
  if (promised === undefined || promised === 'UNSIGNED-PAYLOAD') return body;
  if (/^[0-9a-f]{64}$/.test(promised)) return checked(body, promised);
  const chunks = signed?.chunks ?? null;
  const ofSigned = promised === SIGNED_CHUNKS || promised === SIGNED_CHUNKS_TRAILER;
  if (promised === UNSIGNED_CHUNKS || (ofSigned && chunks !== null)) {
    return unchunk(body, {
      trailer: headerOf(request.headers, 'x-amz-trailer'),
      length: headerOf(request.headers, 'x-amz-decoded-content-length'),
      chunks,
      trailerSigned: promised === SIGNED_CHUNKS_TRAILER,
    });
  }
  if (promised.startsWith('STREAMING-')) {
    const message = `The directory bucket does not check the chunks' own signatures of ${HASH} STREAMING-AWS4-…: send UNSIGNED-PAYLOAD or the body's hash.`;
    throw refusal('NotImplemented', message);
  }
  throw refusal('InvalidArgument', `${HASH} must be UNSIGNED-PAYLOAD or a SHA-256 in hexadecimal.`);
}

/**
 * The content of a request's body. Its x-amz-content-sha256 decides: the body as is, checked against that hash, or decoded
 * from aws-chunked, in which S3's SDKs send streams. Checksums in headers are checked too. Those in a signed URL are not:
 * S3 ignores them, and AWS's SDK for JavaScript writes that of an empty body there.
 * https://github.com/localstack/localstack/issues/12169
 * Throws a refusal, at the end of the body, if a check fails.
 */
export function payloadOf(exchange: Exchange): AsyncIterable<Buffer> {
  const { headers } = exchange.request;
  const fields = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return summed(contentOf(exchange), fields);
}

/** Reads a small body whole. Throws a refusal if it is longer than `maxBytes`. */
export async function readWhole(exchange: Exchange, maxBytes: number, message?: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of payloadOf(exchange)) {
    size += chunk.length;
    if (size > maxBytes) throw refusal('EntityTooLarge', message);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
