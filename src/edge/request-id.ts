let prefix: string | undefined;
let count = 0;

/** Returns a new request id in OSS's form, 24 hex digits: 16 are random for the process, 8 count its requests. */
export function newRequestId(): string {
  // Not at module level: Workers have no randomness before the first request.
  prefix ??= Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
    .join('')
    .toUpperCase();
  count = (count + 1) % 0x1_0000_0000;
  return prefix + count.toString(16).toUpperCase().padStart(8, '0');
}
