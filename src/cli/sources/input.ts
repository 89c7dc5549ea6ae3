import type { Readable } from 'node:stream';
import { decodeText } from '../../document/decode.ts';
import type { Result } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES } from '../../document/read.ts';

/** Milliseconds: the command before the pipe may ask a store first. */
const INPUT_TIMEOUT = 60_000;

/** Reads standard input as text, within limits of size and time. Never rejects. */
export async function readInput(
  input: Readable = process.stdin,
  limit: number = INPUT_TIMEOUT,
  maxBytes: number = MAX_DOCUMENT_BYTES,
): Promise<Result<string, string>> {
  const late = setTimeout(() => input.destroy(new Error(lateLine(limit))), limit);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of input) {
      size += chunk.length;
      if (size > maxBytes) return failed(tooLong(maxBytes));
      chunks.push(Buffer.from(chunk));
    }
    return { ok: true, value: decodeText(Buffer.concat(chunks, size)) };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(late);
    // The process does not end while the pipe is open.
    input.destroy();
  }
}

const lateLine = (limit: number): string =>
  `it did not end within ${limit / 1000} seconds. Write a document to it, or name a file.`;

const tooLong = (maxBytes: number): string =>
  `it has more than the ${maxBytes} bytes that a document may have. Write ${maxBytes === MAX_DOCUMENT_BYTES ? 'the rules alone' : 'one configuration'} to it.`;

const failed = (reason: string): Result<never, string> => ({
  ok: false,
  faults: [`standard input could not be read: ${reason}`],
});
