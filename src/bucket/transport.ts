import type { RequestHead } from './head.ts';
import type { BucketTimeouts } from './limits.ts';

/** Header lines as on the wire: name, value, name, value, with their order, case and duplicates. */
export type FlatHeaders = readonly string[];

/** A request on its way to a bucket. The target is raw: it is not decoded, sorted or normalised. */
export interface BucketRequest {
  readonly method: string;
  /** Origin-form, beginning with `/`, as the bucket gets it. */
  readonly target: string;
  /** Host comes first. */
  readonly headers: FlatHeaders;
  /** Its type depends on the platform adapter. The edge passes it on unread. */
  readonly body: unknown;
}

/** The failures of an exchange with a bucket, before or after its head. Each has a row in the table of errors. */
export type Failure =
  | 'BucketUnreachable'
  | 'BucketBusy'
  | 'BucketConnectTimeout'
  | 'BucketHeadTimeout'
  | 'BucketIdleTimeout'
  | 'BucketUploadTimeout'
  | 'BucketBrokeOff'
  | 'BucketAnswerInvalid'
  | 'HTTPVersionNotSupported'
  | 'RequestInvalid'
  | 'ClientTimeout'
  | 'ClientTooSlow'
  | 'ClientGone';

/** A response that the edge makes itself. */
export interface Reply {
  readonly status: number;
  readonly headers: FlatHeaders;
  readonly body: string;
  /**
   * The same object for all replies without a body that differ only in their first header, a request id. A platform
   * adapter may use it as a cache key for the rest of the reply.
   */
  readonly alike?: object | undefined;
}

export const isReply = (given: FlatHeaders | Reply): given is Reply => !Array.isArray(given);

/** The end of an exchange. Counts bytes of bodies, without headers and framing. */
export interface Outcome {
  /** From the client. */
  readonly received: number;
  /** To the client. */
  readonly sent: number;
  readonly failure: Failure | null;
  /** The system's message about the failure. Only for the log: it may contain addresses. */
  readonly cause?: string | null;
}

/** Requests to one bucket that have not ended. A transport counts those that wait for a place among them. */
export interface Underway {
  inFlight: number;
  queued: number;
}

/**
 * The receiver of a bucket's response. A transport calls `head` or `fail`, then `end`, each at most once. It calls `fail`
 * after `head` only if the platform adapter could not send that head. Its functions are methods: call them on it.
 */
export interface Sink {
  /**
   * Takes the bucket's final head (never a 1xx) and returns the headers to send. The platform adapter streams the body.
   * A reply: the adapter sends it, and nothing of the bucket's answer. Throws the edge's own errors after it has reported
   * them; the adapter then fails with `BucketAnswerInvalid`.
   */
  head(status: number, headers: FlatHeaders): FlatHeaders | Reply;
  /**
   * Called before `head`. A promise: the client gets no byte of the answer before it resolves, which it always does in
   * limited time; null: no wait.
   */
  before(status: number): Promise<void> | null;
  /** The bucket's answer has ended, and all of it was received. Platforms that do not see that moment never call it. */
  answered(): void;
  /** The count of its bucket's requests; absent where nothing reads it. */
  readonly underway?: Underway | undefined;
  /** No head arrived. Returns the error response to send. */
  fail(failure: Failure): Reply;
  end(outcome: Outcome): void;
}

/** The address of a bucket. */
export interface Address {
  /** Scheme, host and port to connect to: `https://bucket.oss-cn-hangzhou.aliyuncs.com`. */
  readonly base: string;
  /** The Host header, and the name for TLS. */
  readonly host: string;
  /** Path-style prefix, `/bucket`, or empty. */
  readonly path: string;
}

/** The parts of a bucket that a transport uses. */
export interface Destination {
  readonly address: Address;
  /** `BUCKET_TIMEOUTS` unless given. */
  readonly timeouts?: BucketTimeouts;
  /** The clients are trusted proxies: their headers about earlier hops are passed on. */
  readonly trustForwarded?: boolean;
}

/** Signs a request: returns it with other headers. */
export type Sign = (request: BucketRequest) => BucketRequest | Promise<BucketRequest>;

/** Sends a client's request to a bucket. Resolves when the platform adapter has taken over the response. */
export type Transport = (to: Destination, request: BucketRequest, sink: Sink) => Response | Promise<Response>;

/** One client's request as the platform adapter received it, and the functions that answer it. */
export interface Exchange {
  readonly method: string;
  /** Raw, as received. */
  readonly target: string;
  readonly headers: FlatHeaders;
  /** Returns them as the client sent and signed them; absent: the platform changes none. */
  readonly clientHeaders?: () => FlatHeaders;
  /** The same headers as `headers`, from a platform adapter that has parsed them; otherwise the edge parses them. */
  readonly head?: RequestHead;
  readonly body: unknown;
  /** The other end of the connection; it may be a proxy. */
  readonly peer: {
    /** An IP address; null on a Unix socket. */
    readonly address: string | null;
    /** The connection to the edge uses TLS. */
    readonly secure: boolean;
  };
  /** Returns the version of HTTP that the client speaks: `HTTP/1.1`. Absent: the platform does not say. */
  readonly protocol?: () => string | null;
  /** Sends a response that the edge made itself. */
  reply(reply: Reply, end: Sink['end']): Response;
  readonly transport: Transport;
  /**
   * Reads the whole body of a request that is not forwarded. Resolves to its bytes, to `TooLarge` once it has more than
   * `limit` bytes, or to the failure that ended it. Never rejects.
   */
  read(limit: number): Promise<Uint8Array<ArrayBuffer> | 'TooLarge' | Failure>;
  /** Takes work that continues after the response: Workers cancel it otherwise. */
  background(work: Promise<unknown>): void;
}
