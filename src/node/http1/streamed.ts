import { openCollector } from '../collector.ts';

/** Bytes streamed between two collections. */
const EVERY = 16 * 1024 * 1024;

let left = EVERY;
let collect: (() => void) | null = null;

/**
 * Counts streamed bytes, and makes V8 collect its young generation now and then. V8 sees only the small object of each
 * buffer, so by itself it collects after thousands of them, with 64 KB behind each (docs/decisions/0008-proxy-path.md).
 */
export function streamed(bytes: number): void {
  left -= bytes;
  if (left > 0) return;
  left = EVERY;
  collect ??= openCollector('young');
  collect();
}
