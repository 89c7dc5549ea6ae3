declare module 'cloudflare:workers' {
  /** Extends the life of the current request until the work is done. */
  export function waitUntil(work: Promise<unknown>): void;
}
