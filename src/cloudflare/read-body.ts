import type { Failure } from '../bucket/transport.ts';

/** Reads the body of a request that the edge answers itself (`Exchange.read`). */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | 'TooLarge' | Failure> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      size += value.byteLength;
      if (size > limit) {
        reader?.cancel().catch(() => {});
        return 'TooLarge';
      }
      chunks.push(value);
    }
  } catch {
    return 'ClientGone';
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
