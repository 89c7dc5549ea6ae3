/** Time limits for a bucket, in milliseconds. */
export interface BucketTimeouts {
  /** To accept a connection, TLS included. */
  readonly connect: number;
  /** To begin its answer, from the end of the request. */
  readonly head: number;
}

export const BUCKET_TIMEOUTS: BucketTimeouts = { connect: 5_000, head: 60_000 };

/** Milliseconds that a download or an upload may make no progress. */
export const IDLE_TIMEOUT = 60_000;

/** The percentage of a bucket's connections that one client address may have while requests of others wait. */
export const CLIENT_SHARE = 25;

/** Bytes per second that a transfer must reach while its client exceeds its share and requests of others wait. */
export const LEAST_RATE = 4096;

/** The longest request that the edge accepts, in bytes. The store's own limits may be higher. */
export interface RequestLimits {
  readonly target: number;
  /** All header lines on the wire. */
  readonly headers: number;
}

export const REQUEST_LIMITS: RequestLimits = { target: 8 * 1024, headers: 16 * 1024 };
