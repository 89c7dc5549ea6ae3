import type { RequestLimits } from '../bucket/limits.ts';
import type { Exchange, FlatHeaders, Outcome, Reply } from '../bucket/transport.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { Decision } from '../cors/decide.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import type { Answered } from './answers.ts';
import type { ErrorCode, Errors } from './errors.ts';
import type { RequestFacts } from './facts.ts';
import type { Observe, RequestEvent } from './observe.ts';
import { newRequestId } from './request-id.ts';
import type { Bucket } from './route.ts';
import { type WriteOptions, writeHead } from './write.ts';

/** One request on its way through the edge, with all that its stations share; routing fills it in. */
export interface Served {
  readonly exchange: Exchange;
  readonly facts: RequestFacts;
  /** Null when no bucket is configured for the request. */
  bucket: Bucket | null;
  /** The path the client asked for, without the query; empty when it is no path. */
  readonly path: string;
  target: string;
  key: string;
  inForce: RulesInForce;
  readonly options: ServeOptions;
  /** By `options.now` when the request arrived. */
  readonly arrived: number;
}

export interface ServeOptions extends WriteOptions {
  readonly limits: RequestLimits;
  /** The table of errors, with these limits in its messages. */
  readonly errors: Errors;
  readonly observe: Observe;
  /** Eight hexadecimal digits that name this edge in Via; all processes of one edge may share them. */
  readonly edgeId: string;
  /** Told what the edge itself did wrong; the client gets an error of the table. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds since some moment; asked three times a request, which is to be felt in workerd. */
  readonly now: () => number;
}

/** What an answer was made of, for the event that tells of it. */
export interface Made {
  /** Null when nothing could be sent. */
  readonly status: number | null;
  readonly headers: readonly string[];
  readonly hadCors: boolean;
  readonly decision: Decision;
  readonly requestId: string;
  readonly code: ErrorCode | null;
  readonly at: number;
}

/** The one function that makes response heads: a bucket's own, or the edge's. */
export function makeHead(
  served: Served,
  answered: Answered,
  status: number,
  own: FlatHeaders,
  code: ErrorCode | null,
): Made {
  const { requestIdHeader } = traitsOf(served.inForce.rules.behaviour);
  const { bucket, options } = served;
  const { headers, hadCors } = writeHead(own, answered, {
    passCommands: bucket?.passProxyCommands ?? false,
    // Without a bucket there are no rules to decide by.
    reason: options.debugReason && bucket !== null ? answered.decision.reason : null,
    code: options.debugReason ? code : null,
  });
  const requestId = firstValue(headers, requestIdHeader) ?? newRequestId();
  const { decision } = answered;
  return { status, headers, hadCors, decision, requestId, code, at: options.now() };
}

/** Answers without the bucket: a preflight that passes, a refusal, an error. */
export const sendReply = (served: Served, made: Made, reply: Reply): Response =>
  served.exchange.reply(reply, (outcome) => tell(served, made, outcome));

/** Tells how a request ended. */
export function tell(served: Served, made: Made, outcome: Outcome): void {
  const { exchange, facts, bucket, path, inForce, options, arrived } = served;
  const routed = bucket !== null;
  const event: RequestEvent = {
    bucket: bucket?.name ?? null,
    method: exchange.method,
    path,
    origin: facts.origin,
    kind: routed ? made.decision.kind : null,
    decision: routed ? made.decision.reason : null,
    rule: made.decision.rule?.number ?? null,
    rulesVersion: inForce.version,
    status: made.status,
    code: outcome.failure ?? made.code,
    cause: outcome.cause ?? null,
    received: outcome.received,
    sent: outcome.sent,
    headMs: made.status === null ? null : made.at - arrived,
    totalMs: options.now() - arrived,
    requestId: made.requestId,
    bucketHadCors: made.hadCors,
  };
  try {
    options.observe(event);
  } catch (error) {
    // An observer's fault is told and stays its own; the request has ended already.
    options.onError(error);
  }
}

function firstValue(headers: FlatHeaders, key: string): string | null {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === key.length && name.toLowerCase() === key) return headers[at + 1] ?? null;
  }
  return null;
}
