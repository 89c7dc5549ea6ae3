import type { BucketTimeouts } from './limits.ts';

/** Header lines as they stand on the wire: name, value, name, value; order, case and repetition kept. */
export type FlatHeaders = readonly string[];

/** A request on its way to a bucket. The target is raw: not a byte of it is decoded, sorted or normalised. */
export interface BucketRequest {
  readonly method: string;
  /** Origin-form, beginning with `/`, as the bucket shall see it. */
  readonly target: string;
  /** Host comes first. */
  readonly headers: FlatHeaders;
  /** Known to the rim alone; the edge hands it on unread. */
  readonly body: unknown;
}

/** How a bucket can fail before its head arrives, or afterwards. Each has a row in the edge's table of errors. */
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

/** An answer that the edge makes itself. */
export interface Reply {
  readonly status: number;
  readonly headers: FlatHeaders;
  readonly body: string;
  /**
   * The same for answers without a body that differ in nothing but their first header, a request id: a rim may keep
   * what it makes of one.
   */
  readonly alike?: object | undefined;
}

/** How an exchange ended, told once. Bytes are of bodies, without headers or framing. */
export interface Outcome {
  /** From the client. */
  readonly received: number;
  /** To the client. */
  readonly sent: number;
  readonly failure: Failure | null;
  /** Why it failed, in the words of the system; for the log alone, since it may name addresses. */
  readonly cause?: string | null;
}

/** Where a transport puts what comes back. `head` or `fail` is called, then `end`, each at most once;
 * `fail` after `head` only where the rim could not send that head. */
export interface Sink {
  /**
   * The bucket's final head (never a 1xx); gives back the headers to send. The rim streams the body. Throws what the edge
   * itself did wrong, which it has told; the rim then fails with `BucketAnswerInvalid`.
   */
  head(status: number, headers: FlatHeaders): FlatHeaders;
  /** No head came; gives back the one error answer to send instead. */
  fail(failure: Failure): Reply;
  end(outcome: Outcome): void;
}

/** Where a bucket is. */
export interface Address {
  /** Scheme, host and port to connect to: `https://bucket.oss-cn-hangzhou.aliyuncs.com`. */
  readonly base: string;
  /** What the Host header says, and whom TLS asks for. */
  readonly host: string;
  /** Path-style prefix, `/bucket`, or empty. */
  readonly path: string;
}

/** A bucket, as far as a transport has to know it. */
export interface Destination {
  readonly address: Address;
  /** `BUCKET_TIMEOUTS` where it is absent. */
  readonly timeouts?: BucketTimeouts;
  /** The clients are trusted proxies: what they say of earlier hops is passed on. */
  readonly trustForwarded?: boolean;
}

/** Changes a request's headers so that the bucket accepts it as signed. */
export type Sign = (request: BucketRequest) => BucketRequest | Promise<BucketRequest>;

/** The only way to a bucket. Resolves when the rim has taken the answer over. */
export type Transport = (to: Destination, request: BucketRequest, sink: Sink) => Response | Promise<Response>;

/** One client's request as the rim received it, and the means to answer it. */
export interface Exchange {
  readonly method: string;
  /** Raw, as received. */
  readonly target: string;
  readonly headers: FlatHeaders;
  readonly body: unknown;
  /** Who is at the other end of the connection; it may be a proxy. */
  readonly peer: {
    /** An IP address; null on a Unix socket. */
    readonly address: string | null;
    /** It speaks TLS to the edge. */
    readonly secure: boolean;
  };
  /** Sends an answer that no bucket was asked for. */
  reply(reply: Reply, end: Sink['end']): Response;
  readonly transport: Transport;
  /** Takes work that goes on after the answer: Workers end a request's work with it unless they are told. */
  background(work: Promise<unknown>): void;
}
