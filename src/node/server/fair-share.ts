/** One client's requests to a bucket. */
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
 * The client that gives up a place in a full queue to a request of another client: the one with the most waiting, if
 * it still has at least as many as the other afterwards. Null if the other client's request has to be refused.
 */
export function mostWaiting<T extends Standing>(clients: Iterable<T>, other: Standing): T | null {
  let most: T | null = null;
  for (const client of clients) if (most === null || client.waiting > most.waiting) most = client;
  return most !== null && most.waiting > other.waiting + 1 ? most : null;
}

/** How many of `connections` one client may use while others wait; a fraction, or infinite without a limit. */
export const shareOf = (connections: number, percent: number): number =>
  percent === 0 ? Number.POSITIVE_INFINITY : (connections * percent) / 100;

/** How many waiting requests of a client others have to make room for: up to its share, and at least one. */
export const claimsOf = ({ passing, waiting }: Standing, share: number): number =>
  Math.max(0, Math.min(waiting, Math.max(1, Math.floor(share)) - passing));

/** The progress of a transfer between two checks. */
export interface Progress {
  readonly seconds: number;
  /** Bytes in both directions. */
  readonly bytes: number;
  /** Whether the edge waits for the client: to send the next part of its upload, or to read. */
  readonly waits: boolean;
}

/**
 * The seconds by which a client has delayed a transfer, compared with the least rate. Time counts only while the edge
 * waits for the client, and a lead is not saved: a client that stalls after a fast beginning is late just as soon.
 */
export const lateness = (before: number, { seconds, bytes, waits }: Progress, leastRate: number): number =>
  Math.max(0, before + (waits ? seconds : 0) - bytes / leastRate);
