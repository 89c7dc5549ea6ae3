import { type Bytes, joined, textOf } from '../sign/bytes.ts';
import { isKnownChecksum } from './checksums.ts';
import { type Denied, denied, shown } from './claim.ts';
import { equalInConstantTime } from './equal.ts';
import type { ChunkSigner } from './verified.ts';

/** What the headers say of an aws-chunked body. */
export interface Announced {
  /** x-amz-decoded-content-length. */
  readonly length: string | undefined;
  /** x-amz-trailer; undefined: no trailer is announced. */
  readonly trailer: string | undefined;
  /** Null: the chunks are not signed. */
  readonly chunks: ChunkSigner | null;
  /** The trailer is signed too. */
  readonly trailerSigned: boolean;
}

export interface Unchunked {
  readonly content: Bytes;
  readonly trailers: ReadonlyMap<string, string>;
}

/** Longest line: the size of a chunk with its signature, or a trailer. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS = 16;
const SIGNATURE = 'x-amz-trailer-signature';

const INCOMPLETE = denied('IncompleteBody');
const MISMATCH = denied('SignatureDoesNotMatch');

const CR = 13;
const LF = 10;

/** Reads a body by lines and by lengths; null: the body is too short, or a line too long. */
function readerOf(body: Bytes) {
  let at = 0;
  return {
    line: (): string | null => {
      const end = Math.min(body.length - 1, at + MAX_LINE_BYTES);
      for (let cr = at; cr < end; cr += 1) {
        if (body[cr] !== CR || body[cr + 1] !== LF) continue;
        const line = textOf(body.subarray(at, cr));
        at = cr + 2;
        return line;
      }
      return null;
    },
    piece: (length: number): Bytes | null => {
      if (length > body.length - at) return null;
      at += length;
      return body.subarray(at - length, at);
    },
    atEnd: (): boolean => at === body.length,
  };
}

type Reader = ReturnType<typeof readerOf>;

/** `10000;chunk-signature=…` */
const HEAD = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i;

/** Returns the next chunk's content, empty for the last one. */
async function readChunk(reader: Reader, chunks: ChunkSigner | null): Promise<Bytes | Denied> {
  const head = HEAD.exec(reader.line() ?? '');
  const content = head && reader.piece(Number.parseInt(head[1] ?? '', 16));
  if (!head || !content) return INCOMPLETE;
  const signature = head[2];
  if (chunks === null ? signature !== undefined : signature === undefined) return INCOMPLETE;
  if (chunks !== null && !equalInConstantTime(await chunks.chunk(content), signature ?? '')) return MISMATCH;
  // The last chunk is empty, and the trailer follows its head.
  if (content.length > 0 && reader.line() !== '') return INCOMPLETE;
  return content;
}

function readTrailers(reader: Reader): ReadonlyMap<string, string> | null {
  const trailers = new Map<string, string>();
  for (;;) {
    const line = reader.line();
    if (line === '') return trailers;
    const found = /^([^:\s]+):(.*)$/.exec(line ?? '');
    const name = found?.[1]?.toLowerCase() ?? '';
    if (!found || trailers.has(name) || trailers.size === MAX_TRAILERS) return null;
    trailers.set(name, (found[2] ?? '').trim());
  }
}

/** Checks that the trailers are those that x-amz-trailer announces, and that their signature is right. */
async function trailerFault(trailers: Map<string, string>, announced: Announced): Promise<Denied | null> {
  const signature = trailers.get(SIGNATURE);
  trailers.delete(SIGNATURE);
  const names = namesOf(announced.trailer);
  if (names.length !== trailers.size || names.some((name) => !trailers.has(name))) return INCOMPLETE;
  if (!announced.trailerSigned) {
    const unsigned = announced.chunks !== null && names.length > 0;
    return unsigned || signature !== undefined ? INCOMPLETE : null;
  }
  if (signature === undefined) return INCOMPLETE;
  const lines = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('');
  const correct = await announced.chunks?.trailer(lines);
  return equalInConstantTime(correct ?? '', signature) ? null : MISMATCH;
}

const namesOf = (list: string | undefined): string[] =>
  (list ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

/** Joins the contents of the chunks, up to the last one. */
async function contentOf(reader: Reader, chunks: ChunkSigner | null): Promise<Bytes | Denied> {
  const pieces: Bytes[] = [];
  for (;;) {
    const piece = await readChunk(reader, chunks);
    if (!(piece instanceof Uint8Array)) return piece;
    if (piece.length === 0) break;
    pieces.push(piece);
  }
  return joined(pieces);
}

/**
 * Decodes an aws-chunked body and checks the signatures of its chunks and of its trailer. What is longer or shorter than the
 * body says itself is refused.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function unchunk(body: Bytes, announced: Announced): Promise<Unchunked | Denied> {
  const unknown = namesOf(announced.trailer).find((name) => !isKnownChecksum(name));
  if (unknown !== undefined)
    return denied('NotImplemented', `The trailer ${shown(unknown)} is not implemented.`);
  const reader = readerOf(body);
  const content = await contentOf(reader, announced.chunks);
  if (!(content instanceof Uint8Array)) return content;
  const trailers = readTrailers(reader);
  if (trailers === null || !reader.atEnd() || announced.length !== String(content.length)) return INCOMPLETE;
  const checked = new Map(trailers);
  return (await trailerFault(checked, announced)) ?? { content, trailers: checked };
}
