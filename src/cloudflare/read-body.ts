import { joined } from '../bucket/sign/bytes.ts';
import type { Exchange } from '../bucket/transport.ts';
import { within } from '../rules/within.ts';

/** Milliseconds for the whole body: it is small. */
const READ_TIMEOUT = 30_000;

type Read = Awaited<ReturnType<Exchange['read']>>;

/** Reads the body of a request that the edge answers itself (`Exchange.read`). */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  timeout = READ_TIMEOUT,
): Promise<Read> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const read = await within<Read>(timeout, readWhole(reader, limit), () => 'ClientTimeout');
  // The rest of the body is not needed.
  if (typeof read === 'string') reader.cancel().catch(() => {});
  return read;
}

async function readWhole(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Read> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks);
      size += value.byteLength;
      if (size > limit) return 'TooLarge';
      chunks.push(value);
    }
  } catch {
    return 'ClientGone';
  }
}
