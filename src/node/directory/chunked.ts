import { equalInConstantTime } from '../../bucket/verify/equal.ts';
import type { ChunkSigner } from '../../bucket/verify/verify.ts';
import { checkChecksum, startChecksum } from './checksum.ts';
import { refusal } from './refusal.ts';

/** What the headers say of an aws-chunked body. */
export interface Announced {
  /** x-amz-trailer. */
  readonly trailer: string | undefined;
  /** x-amz-decoded-content-length. */
  readonly length: string | undefined;
  /** Null: the chunks are not signed. */
  readonly chunks: ChunkSigner | null;
  /** The trailer is signed too. */
  readonly trailerSigned: boolean;
}

/** Longest line: the size of a chunk with its extensions, or a trailer. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS = 16;
/** A signed chunk is in memory while its signature is checked. SDKs send 64 KiB to 1 MiB. */
const MAX_SIGNED_BYTES = 16 * 1024 * 1024;

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

const SIGNATURE = 'x-amz-trailer-signature';
const MISMATCH = () => refusal('SignatureDoesNotMatch');

/** `10000;chunk-signature=…` */
const HEAD = /^([0-9a-f]{1,12})(?:;(?:chunk-signature=([0-9a-f]{64}))?.*)?$/i;

async function* pieces(reader: Reader, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; ) {
    const piece = await reader.piece(left);
    left -= piece.length;
    yield piece;
  }
}

async function signedChunk(reader: Reader, length: number, chunks: ChunkSigner, signature: string) {
  if (length > MAX_SIGNED_BYTES)
    throw refusal('InvalidRequest', 'A signed chunk may have at most 16 MiB; send smaller ones.');
  const parts: Buffer[] = [];
  for await (const piece of pieces(reader, length)) parts.push(piece);
  const chunk = Buffer.concat(parts);
  const right = await chunks.chunk(new Uint8Array(chunk));
  if (!equalInConstantTime(right, signature)) throw MISMATCH();
  return chunk;
}

/** Yields the contents of the chunks, up to the last one. */
async function* chunksOf(reader: Reader, { chunks }: Announced): AsyncGenerator<Buffer> {
  for (;;) {
    const head = HEAD.exec(await reader.line());
    if (!head) throw refusal('IncompleteBody');
    const size = Number.parseInt(head[1] ?? '', 16);
    if (chunks !== null) {
      const chunk = await signedChunk(reader, size, chunks, head[2] ?? '');
      if (size > 0) yield chunk;
    } else yield* pieces(reader, size);
    // The last chunk is empty, and the trailer follows its head.
    if (size === 0) return;
    if ((await reader.line()) !== '') throw refusal('IncompleteBody');
  }
}

async function checkTrailerSignature(
  trailers: ReadonlyMap<string, string>,
  { chunks, trailerSigned }: Announced,
) {
  if (!trailerSigned) return;
  const lines = [...trailers]
    .filter(([name]) => name !== SIGNATURE)
    .map(([name, value]) => `${name}:${value}\n`);
  const right = (await chunks?.trailer(lines.join(''))) ?? '';
  if (!equalInConstantTime(right, trailers.get(SIGNATURE) ?? 'none')) throw MISMATCH();
}

async function* contentOf(reader: Reader, announced: Announced): AsyncGenerator<Buffer> {
  const name = announced.trailer?.toLowerCase();
  const sum = name === undefined ? undefined : startChecksum(name);
  let size = 0;
  for await (const piece of chunksOf(reader, announced)) {
    size += piece.length;
    sum?.update(piece);
    yield piece;
  }
  const trailers = await readTrailers(reader);
  if (announced.length !== undefined && announced.length !== String(size)) throw refusal('IncompleteBody');
  await checkTrailerSignature(trailers, announced);
  if (sum && name !== undefined) checkChecksum(name, sum, trailers.get(name));
}

/**
 * Yields the content of an aws-chunked body. Throws a refusal if the body is incomplete, or if a checksum or a signature
 * does not match.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* unchunk(body: AsyncIterable<Buffer>, announced: Announced): AsyncGenerator<Buffer> {
  const reader = readerOf(body);
  try {
    yield* contentOf(reader, announced);
  } finally {
    await reader.end();
  }
}
