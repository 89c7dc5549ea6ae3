import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { unchunk } from './chunked.ts';
import { bodyOf } from './exchange.ts';
import { refusal } from './refusal.ts';

const HASH = 'x-amz-content-sha256';

const only = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

async function* checked(body: AsyncIterable<Buffer>, promised: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== promised) throw refusal('XAmzContentSHA256Mismatch');
}

/**
 * What a request's body holds, by the word of its x-amz-content-sha256: as it came, held to that hash, or
 * unpacked from aws-chunked, which is what S3's SDKs send streams in.
 * @throws a refusal, at the end, when the content is not what was promised
 */
export const payloadOf = (request: IncomingMessage): AsyncIterable<Buffer> => {
  const body = bodyOf(request);
  const promised = only(request.headers, HASH);
  if (promised === undefined || promised === 'UNSIGNED-PAYLOAD') return body;
  if (/^[0-9a-f]{64}$/.test(promised)) return checked(body, promised);
  if (promised === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    const trailer = only(request.headers, 'x-amz-trailer');
    return unchunk(body, trailer, only(request.headers, 'x-amz-decoded-content-length'));
  }
  if (promised.startsWith('STREAMING-')) {
    const message = `The directory bucket does not check the chunks' own signatures of ${HASH} STREAMING-AWS4-…: send UNSIGNED-PAYLOAD or the body's hash.`;
    throw refusal('NotImplemented', message);
  }
  throw refusal('InvalidArgument', `${HASH} must be UNSIGNED-PAYLOAD or a SHA-256 in hexadecimal.`);
};
