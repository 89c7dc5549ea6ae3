import type { Exchange } from '../../bucket/transport.ts';
import { startLimit } from '../../rules/within.ts';
import { bringsBody } from '../server/head.ts';
import { endConnection } from '../server/linger.ts';
import type { Client } from './client.ts';

/** Milliseconds for the whole body: it is small. */
export const READ_TIMEOUT = 30_000;

type Read = Awaited<ReturnType<Exchange['read']>>;

/**
 * Reads the body of a request that the edge answers itself (`Exchange.read`). The rest of a body that is not read to its
 * end is discarded like that of every request that is answered early (server/linger.ts).
 */
export function readBody(client: Client, limit: number, timeout = READ_TIMEOUT): Promise<Read> {
  const { incoming, outgoing, head, expectsContinue } = client;
  // A direct request has no stream (server/direct/request.ts).
  if (!bringsBody(head)) return Promise.resolve(client.closed() ? 'ClientGone' : new Uint8Array());
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const settle = (read: Read): void => {
      stop();
      incoming.off('data', take).off('end', end).off('error', gone).off('close', gone);
      resolve(read);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) settle('TooLarge');
      else chunks.push(chunk);
    };
    const end = (): void => settle(Uint8Array.from(Buffer.concat(chunks)));
    const gone = (): void => settle('ClientGone');
    const stop = startLimit(timeout, () => {
      // The client is in the middle of its body, so no next request can be read.
      endConnection(incoming, outgoing);
      settle('ClientTimeout');
    });
    if (incoming.destroyed) {
      gone();
      return;
    }
    // The edge has decided to read the body (RFC 9110 §10.1.1).
    if (expectsContinue) outgoing.writeContinue();
    incoming.on('data', take).once('end', end).once('error', gone).once('close', gone);
  });
}
