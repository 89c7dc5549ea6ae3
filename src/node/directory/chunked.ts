import { crc32 } from 'node:zlib';
import { refusal } from './refusal.ts';

/** The SDK for JavaScript sends 64 KB at most; a line is a chunk's size or a trailer. */
const LINE_BYTES = 1024;
const TRAILERS = 16;

/** Takes a stream of bytes by lines and by lengths. */
const readerOf = (body: AsyncIterable<Buffer>) => {
  const chunks = body[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done) throw refusal('IncompleteBody');
    held = held.length === 0 ? value : Buffer.concat([held, value]);
  };

  return {
    line: async (): Promise<string> => {
      for (;;) {
        const end = held.indexOf('\r\n');
        if (end > LINE_BYTES || (end < 0 && held.length > LINE_BYTES)) throw refusal('IncompleteBody');
        if (end >= 0) {
          const line = held.toString('latin1', 0, end);
          held = held.subarray(end + 2);
          return line;
        }
        await more();
      }
    },
    /** At most `length` bytes, and at least one. */
    piece: async (length: number): Promise<Buffer> => {
      if (held.length === 0) await more();
      const piece = held.subarray(0, length);
      held = held.subarray(piece.length);
      return piece;
    },
    end: () => chunks.return?.(),
  };
};

type Reader = ReturnType<typeof readerOf>;

const readTrailers = async (reader: Reader): Promise<ReadonlyMap<string, string>> => {
  const trailers = new Map<string, string>();
  for (;;) {
    const line = await reader.line();
    if (line === '') return trailers;
    const colon = line.indexOf(':');
    if (colon < 0 || trailers.size === TRAILERS) throw refusal('IncompleteBody');
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
};

const CHECKSUM = 'x-amz-checksum-crc32';

const checkTrailers = (announced: string | undefined, trailers: ReadonlyMap<string, string>, crc: number) => {
  if (announced === undefined) return;
  if (announced.toLowerCase() !== CHECKSUM) {
    throw refusal('NotImplemented', `The directory bucket checks no trailer but ${CHECKSUM}.`);
  }
  const computed = Buffer.alloc(4);
  computed.writeUInt32BE(crc);
  if (trailers.get(CHECKSUM) !== computed.toString('base64')) throw refusal('BadDigest');
};

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
 * The content of an aws-chunked body whose chunks are not signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 *
 * @param announced the header x-amz-trailer
 * @param length the header x-amz-decoded-content-length
 * @throws a refusal when the body is not whole, or not what the trailer's checksum says
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
