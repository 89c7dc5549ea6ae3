import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { unchunk } from './chunked.ts';
import { bodyOf } from './exchange.ts';
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

/**
 * The content of a request's body. Its x-amz-content-sha256 decides: the body as is, checked against that hash, or decoded
 * from aws-chunked, in which S3's SDKs send streams. Throws a refusal, at the end of the body, if a check fails.
 */
export function payloadOf(request: IncomingMessage): AsyncIterable<Buffer> {
  const body = bodyOf(request);
  const promised = headerOf(request.headers, HASH);
  if (promised === undefined || promised === 'UNSIGNED-PAYLOAD') return body;
  if (/^[0-9a-f]{64}$/.test(promised)) return checked(body, promised);
  if (promised === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    const trailer = headerOf(request.headers, 'x-amz-trailer');
    return unchunk(body, trailer, headerOf(request.headers, 'x-amz-decoded-content-length'));
  }
  if (promised.startsWith('STREAMING-')) {
    const message = `The directory bucket does not check the chunks' own signatures of ${HASH} STREAMING-AWS4-…: send UNSIGNED-PAYLOAD or the body's hash.`;
    throw refusal('NotImplemented', message);
  }
  throw refusal('InvalidArgument', `${HASH} must be UNSIGNED-PAYLOAD or a SHA-256 in hexadecimal.`);
}
