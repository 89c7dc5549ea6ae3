import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that stream through between two collections. */
const EVERY = 16 * 1024 * 1024;

let left = EVERY;
let collect: (() => void) | null = null;

/**
 * Counts what streams through, and has V8 collect its young objects now and then. What it holds of a buffer is small,
 * so that left to itself it lets thousands of them pile up, with 64 KB behind each (docs/decisions/0008-proxy-path.md).
 */
export function streamed(bytes: number): void {
  left -= bytes;
  if (left > 0) return;
  left = EVERY;
  collect ??= openCollector();
  collect();
}

/** V8 shows its collector to contexts that are made after it was told to. */
function openCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => gc({ type: 'minor' }) : () => {};
}
