/** Passes on the first of consecutive failures only: a full disk or a lost server must not fill the log. */
export function warnFirstOfRow(warn: (message: string) => void) {
  let failing = false;
  return {
    failed(message: string): void {
      if (!failing) warn(message);
      failing = true;
    },
    worked(): void {
      failing = false;
    },
  };
}

/**
 * Passes on a fault in a bucket's stored copy once, until it changes or is gone: while a bucket is unreachable its
 * copy is read often.
 */
export function warnFaultsOnce(warn: (message: string) => void) {
  const faults = new Map<string, string>();
  return {
    found(bucket: string, message: string): void {
      if (faults.get(bucket) !== message) warn(message);
      faults.set(bucket, message);
    },
    gone: (bucket: string): boolean => faults.delete(bucket),
    has: (bucket: string): boolean => faults.has(bucket),
  };
}
