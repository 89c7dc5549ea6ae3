import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';

/** What marks the end of a body; only an answer can use `close`. */
export type Framing = 'length' | 'chunked' | 'close';

/** The recipe of a body, short enough for the message of a failed property. */
export interface Body {
  readonly coding: keyof typeof CODINGS;
  /** Bytes before the content coding. */
  readonly size: number;
  readonly seed: number;
  /** Bytes of each piece; the rest is the last piece. */
  readonly cuts: readonly number[];
  /** Milliseconds before each piece, repeated in turn. */
  readonly pauses: readonly number[];
}

const CODINGS = {
  none: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 1 }),
  br: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
  // Decoding it fails.
  'invalid gzip': (bytes: Buffer) => bytes,
} as const;

/** Its Content-Encoding as a header list. */
export const codingOf = ({ coding }: Body): readonly string[] =>
  coding === 'none' ? [] : ['Content-Encoding', coding === 'invalid gzip' ? 'gzip' : coding];

/** The bytes of a body, the same for the same recipe. */
export function bytesOf({ coding, size, seed }: Body): Buffer {
  const bytes = createHash('shake256', { outputLength: Math.max(size, 1) })
    .update(String(seed))
    .digest();
  return CODINGS[coding](bytes.subarray(0, size));
}

/** Writes a body piece by piece, with its pauses. */
export async function inPieces(
  { cuts, pauses }: Body,
  bytes: Buffer,
  write: (piece: Buffer) => unknown,
): Promise<void> {
  let from = 0;
  for (const [at, length] of [...cuts, bytes.length].entries()) {
    const pause = pauses[at % pauses.length] ?? 0;
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    if (from < bytes.length) await write(bytes.subarray(from, from + length));
    from += length;
  }
}

const EDGES = [0, 1, 2, ...[16, 64].flatMap((kilobytes) => [-1, 0, 1].map((by) => kilobytes * 1024 + by))];

export const bodies: fc.Arbitrary<Body> = fc.record({
  coding: fc.constantFrom(...(Object.keys(CODINGS) as (keyof typeof CODINGS)[])),
  size: fc.oneof(fc.constantFrom(...EDGES), fc.integer({ min: 0, max: 600_000 })),
  seed: fc.nat(1_000_000),
  cuts: fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom(16_384, 65_536),
      fc.integer({ min: 1, max: 200_000 }),
    ),
    { maxLength: 10 },
  ),
  pauses: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 3), { minLength: 1, maxLength: 5 }),
});
