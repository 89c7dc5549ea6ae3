declare module 'cloudflare:workers' {
  /** Keeps the request alive that runs at the moment, until the work is done. */
  export function waitUntil(work: Promise<unknown>): void;
}
