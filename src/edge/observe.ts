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
  readonly refusedKey?: number;
}

export type Observe = (event: RequestEvent) => void;
