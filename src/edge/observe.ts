import type { StoreCode } from '../bucket/refusals.ts';
import type { Decision } from '../cors/decide.ts';
import type { Reason } from '../cors/reason.ts';
import type { ErrorCode } from './errors.ts';

/** A request that has ended. There is exactly one event for each request, however it ends. */
export interface RequestEvent {
  /** The bucket's configured name; null when none was found. */
  readonly bucket: string | null;
  /** The same for metrics. No client can add names: it is the store's where a client chose the bucket's name. */
  readonly label: string | null;
  readonly method: string;
  /** Without the query, which may carry a signature (promise 7). */
  readonly path: string;
  /** As received, but for a user, a query and a fragment, which may be secrets (promise 7); `why` names it so too. */
  readonly origin: string | null;
  readonly kind: Decision['kind'] | null;
  readonly decision: Reason | null;
  /** The number of the rule whose headers were written. */
  readonly rule: number | null;
  readonly rulesVersion: string | null;
  /** The status sent; null if the client disconnected first. */
  readonly status: number | null;
  /** Of the edge's own table, or of the store's refusals that the edge makes itself. */
  readonly code: ErrorCode | StoreCode | null;
  /** Why the bucket failed, as the system reports it: `getaddrinfo ENOTFOUND bucket.example`. */
  readonly cause: string | null;
  /** Body bytes from the client and to the client. */
  readonly received: number;
  readonly sent: number;
  /** Milliseconds since the request arrived: until the head was sent, and until the end. */
  readonly headMs: number | null;
  readonly totalMs: number;
  readonly requestId: string;
  /** The bucket sent CORS headers, which the edge dropped. */
  readonly bucketHadCors: boolean;
  /** The bucket's status, with which it refused a request that the edge signed with its own key. */
  readonly refusedKey?: number | undefined;
  /** What a preflight asks for; null for any other request. */
  readonly asked: Asked | null;
  /**
   * Milliseconds from the request to the bucket until the end of the bucket's answer, or until its failure; on Workers
   * until its head. Null where the bucket was not asked.
   */
  readonly bucketMs: number | null;
  /** The status of the bucket's answer; null without one. */
  readonly bucketStatus: number | null;
  /** Where the bucket is, or its store: `https://bucket.example`. No client can add one. Null without a bucket. */
  readonly server: string | null;
  /** The connection from the client uses TLS. */
  readonly secure: boolean;
  /**
   * Explains in one sentence the decision, or why the page loses the answer (`lacksCredentials`); null without a bucket. It
   * costs as much as `explain`: call it for few requests.
   */
  readonly why: () => string | null;
  /** Whether the page loses an answer that the rules allow: it sent cookies, and the answer has no Allow-Credentials. */
  readonly lacksCredentials: () => boolean;
  /** Reads what the client says about itself from the head: call it only to write it. */
  readonly client: () => Client;
}

/** The headers of a preflight, as received. */
export interface Asked {
  readonly method: string | null;
  readonly headers: string | null;
}

/** The client of a request. Each text is the client's own, of any length. */
export interface Client {
  /** The address of the client's connection, or the last hop that a trusted proxy names; null on a Unix socket. */
  readonly address: string | null;
  readonly host: string;
  readonly userAgent: string | null;
  /** Of the W3C Trace Context; null if it has not that form. */
  readonly traceparent: string | null;
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly protocol: string | null;
}

export type Observe = (event: RequestEvent) => void;
