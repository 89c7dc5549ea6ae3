import { crc32 } from 'node:zlib';
import { refusal } from './refusal.ts';

/** Longest line: the size of a chunk with its extensions, or a trailer. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS = 16;

/** Reads a stream of bytes by lines and by lengths. */
function readerOf(body: AsyncIterable<Buffer>) {
  const chunks = body[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);

  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done) throw refusal('IncompleteBody');
    buffered = buffered.length === 0 ? value : Buffer.concat([buffered, value]);
  };

  return {
    line: async (): Promise<string> => {
      for (;;) {
        const end = buffered.indexOf('\r\n');
        if (end > MAX_LINE_BYTES || (end < 0 && buffered.length > MAX_LINE_BYTES))
          throw refusal('IncompleteBody');
        if (end >= 0) {
          const line = buffered.toString('latin1', 0, end);
          buffered = buffered.subarray(end + 2);
          return line;
        }
        await more();
      }
    },
    /** Returns between one and `length` bytes. */
    piece: async (length: number): Promise<Buffer> => {
      if (buffered.length === 0) await more();
      const piece = buffered.subarray(0, length);
      buffered = buffered.subarray(piece.length);
      return piece;
    },
    end: () => chunks.return?.(),
  };
}

type Reader = ReturnType<typeof readerOf>;

async function readTrailers(reader: Reader): Promise<ReadonlyMap<string, string>> {
  const trailers = new Map<string, string>();
  for (;;) {
    const line = await reader.line();
    if (line === '') return trailers;
    const colon = line.indexOf(':');
    if (colon < 0 || trailers.size === MAX_TRAILERS) throw refusal('IncompleteBody');
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

const CHECKSUM = 'x-amz-checksum-crc32';

function checkTrailers(announced: string | undefined, trailers: ReadonlyMap<string, string>, crc: number) {
  if (announced === undefined) return;
  if (announced.toLowerCase() !== CHECKSUM) {
    throw refusal('NotImplemented', `The directory bucket checks no trailer but ${CHECKSUM}.`);
  }
  const computed = Buffer.alloc(4);
  computed.writeUInt32BE(crc);
  if (trailers.get(CHECKSUM) !== computed.toString('base64')) throw refusal('BadDigest');
}

async function* contentOf(
  reader: Reader,
  announced: string | undefined,
  length: string | undefined,
): AsyncGenerator<Buffer> {
  let [size, crc] = [0, 0];
  for (;;) {
    const head = /^([0-9a-f]{1,12})(?:;.*)?$/i.exec(await reader.line());
    if (!head) throw refusal('IncompleteBody');
    let left = Number.parseInt(head[1] ?? '', 16);
    if (left === 0) break;
    while (left > 0) {
      const piece = await reader.piece(left);
      left -= piece.length;
      size += piece.length;
      crc = crc32(piece, crc);
      yield piece;
    }
    if ((await reader.line()) !== '') throw refusal('IncompleteBody');
  }
  const trailers = await readTrailers(reader);
  if (length !== undefined && length !== String(size)) throw refusal('IncompleteBody');
  checkTrailers(announced, trailers, crc);
}

/**
 * Yields the content of an aws-chunked body with unsigned chunks. `announced` is the value of x-amz-trailer, `length` that
 * of x-amz-decoded-content-length. Throws a refusal if the body is incomplete or the trailer's checksum does not match.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* unchunk(
  body: AsyncIterable<Buffer>,
  announced: string | undefined,
  length: string | undefined,
): AsyncGenerator<Buffer> {
  const reader = readerOf(body);
  try {
    yield* contentOf(reader, announced, length);
  } finally {
    await reader.end();
  }
}
