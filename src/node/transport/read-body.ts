import type { Failure } from '../../bucket/transport.ts';
import { startLimit } from '../../rules/within.ts';
import type { Client } from './client.ts';

/** Milliseconds for the whole body: it is small. */
const READ_TIMEOUT = 30_000;

/** Reads the body of a request that the edge answers itself (`Exchange.read`). */
export function readBody(
  { incoming, outgoing, expectsContinue }: Client,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | 'TooLarge' | Failure> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const settle = (result: Uint8Array<ArrayBuffer> | 'TooLarge' | Failure): void => {
      stop();
      incoming.off('data', take).off('end', end).off('error', gone).off('close', gone);
      // Discard the rest, so that the next request on the connection can be read.
      if (!incoming.readableEnded && !incoming.destroyed) incoming.resume();
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) settle('TooLarge');
      else chunks.push(chunk);
    };
    const end = (): void => settle(Uint8Array.from(Buffer.concat(chunks)));
    const gone = (): void => settle('ClientGone');
    const stop = startLimit(READ_TIMEOUT, () => settle('ClientTimeout'));
    if (incoming.destroyed) {
      gone();
      return;
    }
    // The edge has decided to read the body (RFC 9110 §10.1.1).
    if (expectsContinue) outgoing.writeContinue();
    incoming.on('data', take).once('end', end).once('error', gone).once('close', gone);
  });
}
