/** One client of a bucket, as far as it matters for what it may have of it. */
export interface Standing {
  /** Requests under way. */
  readonly passing: number;
  /** Requests that wait. */
  readonly waiting: number;
}

/** The client whose request goes next: the one with the fewest under way, and the first of equals. */
export function leastServed<T extends Standing>(clients: Iterable<T>): T | null {
  let least: T | null = null;
  for (const client of clients) if (least === null || client.passing < least.passing) least = client;
  return least;
}

/**
 * The client that gives a place in a full queue up to a request of another: the one with the most waiting, if it still
 * has no fewer than the other then. Null where the other has to be refused.
 */
export function mostWaiting<T extends Standing>(clients: Iterable<T>, other: Standing): T | null {
  let most: T | null = null;
  for (const client of clients) if (most === null || client.waiting > most.waiting) most = client;
  return most !== null && most.waiting > other.waiting + 1 ? most : null;
}

/** What one client may have of `connections` while others wait; not whole, and infinite where there is no limit. */
export const shareOf = (connections: number, percent: number): number =>
  percent === 0 ? Number.POSITIVE_INFINITY : (connections * percent) / 100;

/** How many waiting requests of a client others have to make room for: as many as bring it up to its share, and one at least. */
export const claimsOf = ({ passing, waiting }: Standing, share: number): number =>
  Math.max(0, Math.min(waiting, Math.max(1, Math.floor(share)) - passing));

/** What was seen of a transfer between two looks at it. */
export interface Progress {
  readonly seconds: number;
  /** Bytes that moved either way. */
  readonly bytes: number;
  /** Whether the edge waits for the client: for the next piece of its upload, or for it to read. */
  readonly waits: boolean;
}

/**
 * The seconds that a transfer is behind the least rate through its client's fault. Time counts only while the edge waits
 * for the client, and being ahead is not saved up: a client that stalls after a fast beginning is late just as soon.
 */
export const lateness = (before: number, { seconds, bytes, waits }: Progress, leastRate: number): number =>
  Math.max(0, before + (waits ? seconds : 0) - bytes / leastRate);
