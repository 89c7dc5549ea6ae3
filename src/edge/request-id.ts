import type { Dialect } from '../cors/refusal.ts';

let prefix: string | undefined;
let count = 0;

/** A new request id in the shape of OSS's, 24 hex digits: random for the process, counted within it. */
export function newRequestId(): string {
  // Not at module level: Workers give no randomness before the first request.
  prefix ??= Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
    .join('')
    .toUpperCase();
  count = (count + 1) % 0x1_0000_0000;
  return prefix + count.toString(16).toUpperCase().padStart(8, '0');
}

/** The header each store tells its request id in. */
export const REQUEST_ID_HEADER: Readonly<Record<Dialect, string>> = {
  oss: 'x-oss-request-id',
  s3: 'x-amz-request-id',
};
