import type { RequestHead } from '../bucket/head.ts';
import type { RequestLimits } from '../bucket/limits.ts';
import type { StoreCode } from '../bucket/refusals.ts';
import type { Exchange, FlatHeaders, Underway } from '../bucket/transport.ts';
import type { Answer } from '../cors/answer.ts';
import { DEFAULT_DIALECT, traitsOf } from '../cors/behaviour.ts';
import { type CompiledRules, unavailableRules } from '../cors/compile.ts';
import type { Decision } from '../cors/decide.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import type { Bucket } from './bucket.ts';
import { firstValue } from './client.ts';
import type { ErrorCode, Errors } from './errors.ts';
import type { Observe } from './observe.ts';
import { newRequestId } from './request-id.ts';
import { type WriteOptions, writeHead } from './write.ts';

export interface ServeOptions extends WriteOptions {
  readonly limits: RequestLimits;
  /** The table of errors, with these limits in its messages. */
  readonly errors: Errors;
  readonly observe: Observe;
  /** Returns the count of requests under way to the buckets of a label. */
  readonly underway?: ((label: string) => Underway) | undefined;
  /** Eight hexadecimal digits that name this edge in Via; all processes of one edge may share them. */
  readonly edgeId: string;
  /** Gets the edge's own errors; the client gets an error of the table. */
  readonly onError: (error: unknown) => void;
  /** A clock in milliseconds, with any origin. Called three times a preflight, and five times any other request; in workerd a slow clock is measurable. */
  readonly now: () => number;
}

/** A request before its bucket is known. It stays one if no bucket is found. */
export interface Arrived {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly options: ServeOptions;
  /** In origin-form; `/` where the client's target cannot be routed. */
  readonly target: string;
  /** The path that the client asked for, without the query; empty where the client's target cannot be routed. */
  readonly path: string;
  /** By `options.now`. */
  readonly arrivedAt: number;
}

/** A request with its bucket, and with the rules in force when it arrived. */
export interface Routed extends Arrived {
  readonly bucket: Bucket;
  /** As the bucket gets it. */
  readonly target: string;
  /** What follows the bucket's prefix (`Route.key`). */
  readonly key: string;
  readonly inForce: RulesInForce;
}

export const isRouted = (request: Arrived): request is Routed => 'bucket' in request;

/** The rules for answers that concern no bucket: no CORS headers, and no cache stores the answer. */
const NO_RULES: CompiledRules = unavailableRules({
  dialect: DEFAULT_DIALECT,
  vary: 'safe',
  dangerouslyAllowCredentials: false,
});

export const rulesFor = (request: Arrived): CompiledRules =>
  isRouted(request) ? request.inForce.rules : NO_RULES;

/** The reason of a decision, or null for a request without a bucket: no rules decided it. */
export const reasonFor = (request: Arrived, { decision }: Answer): Decision['reason'] | null =>
  isRouted(request) ? decision.reason : null;

/** A response head, and the facts about it for the request's event. */
export interface Made {
  /** Null when nothing could be sent. */
  readonly status: number | null;
  readonly headers: readonly string[];
  readonly hadCors: boolean;
  readonly decision: Decision;
  readonly requestId: string;
  readonly code: ErrorCode | StoreCode | null;
  /** By `options.now`. */
  readonly madeAt: number;
  /** The bucket's status in place of which the edge refuses (`RequestEvent`). */
  readonly refusedKey?: number | undefined;
}

/** Makes the head of every response, from a bucket's headers or from the edge's own. */
export function makeHead(
  request: Arrived,
  answer: Answer,
  status: number,
  own: FlatHeaders,
  code: ErrorCode | StoreCode | null,
): Made {
  const { options } = request;
  const { requestIdHeader } = traitsOf(rulesFor(request).behaviour);
  const { headers, hadCors } = writeHead(own, answer, {
    passCommands: isRouted(request) && (request.bucket.passProxyCommands ?? false),
    reason: options.debugReason ? reasonFor(request, answer) : null,
    code: options.debugReason ? code : null,
  });
  const requestId = firstValue(headers, requestIdHeader) ?? newRequestId();
  const { decision } = answer;
  return { status, headers, hadCors, decision, requestId, code, madeAt: options.now() };
}

/** The bucket's name in metrics. */
export const labelOf = ({ bucket: { name, ofStore }, inForce }: Routed): string =>
  ofStore === undefined || ofStore.exists(inForce) ? name : ofStore.label;
