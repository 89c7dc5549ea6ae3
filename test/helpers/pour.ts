import type { Writable } from 'node:stream';

export const MUCH = 64 * 1024 * 1024;
export const PIECE = Buffer.alloc(64 * 1024, 'x');

/** Writes MUCH bytes as fast as the sink accepts them, and ends it. Returns a function for the bytes written so far. */
export function pour(sink: Writable): () => number {
  let written = 0;
  const more = () => {
    while (written < MUCH) {
      written += PIECE.length;
      if (!sink.write(PIECE)) return void sink.once('drain', more);
    }
    sink.end();
  };
  more();
  return () => written;
}
