/** How long a bucket may take, in milliseconds. */
export interface BucketTimeouts {
  /** To accept a connection, TLS included. */
  readonly connect: number;
  /** To begin its answer, once it has the whole request. */
  readonly head: number;
}

export const BUCKET_TIMEOUTS: BucketTimeouts = { connect: 5_000, head: 60_000 };

/** Milliseconds that a download or an upload may stand still. */
export const IDLE_TIMEOUT = 60_000;

/** The percentage of a bucket's connections that one client address may have while requests of others wait. */
export const CLIENT_SHARE = 25;

/** Bytes per second that a transfer of a client address beyond its share must reach then. */
export const LEAST_RATE = 4096;

/** The longest request that the edge takes, in bytes. A store has limits of its own, which may be wider. */
export interface RequestLimits {
  readonly target: number;
  /** All header lines, as they stand on the wire. */
  readonly headers: number;
}

export const REQUEST_LIMITS: RequestLimits = { target: 8 * 1024, headers: 16 * 1024 };
