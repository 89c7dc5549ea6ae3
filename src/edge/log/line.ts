import type { Asked, Client, RequestEvent } from '../observe.ts';
import { fitTogether } from './cut.ts';

/** Which requests have a line of their own. */
export type LogRequests = 'all' | 'refused' | 'errors' | 'none';

export type Level = 'info' | 'warn' | 'error';

/** What the rules mean for the page that sent the request; null: it gets its answer, or it sent no Origin. */
export type Loss = 'refused' | 'lost';

/** The fields of a request's line, in their order: the event's, then the client's own. */
export interface RequestLine extends Omit<Client, 'address'> {
  readonly bucket: string | null;
  readonly method: string;
  readonly path: string;
  readonly origin: string | null;
  readonly kind: RequestEvent['kind'];
  readonly decision: RequestEvent['decision'];
  readonly asked: Asked | null;
  readonly because: string | null;
  readonly lacksCredentials: boolean;
  readonly rule: number | null;
  readonly rulesVersion: string | null;
  readonly status: number | null;
  readonly code: RequestEvent['code'];
  readonly cause: string | null;
  readonly received: number;
  readonly sent: number;
  readonly headMs: number | null;
  readonly bucketMs: number | null;
  readonly bucketStatus: number | null;
  readonly totalMs: number;
  readonly requestId: string;
  readonly bucketHadCors: boolean;
  readonly client: string | null;
}

/** A failure of the edge or of a bucket has level error, another 5xx answer level warn. */
export function levelOf({ code, status }: RequestEvent): Level {
  if (code === 'InternalError' || code?.startsWith('Bucket')) return 'error';
  return (status ?? 0) >= 500 || code === 'ClientTooSlow' ? 'warn' : 'info';
}

/** Whether the rules refuse the request, or the page loses an answer that they allow. */
export function lossOf(event: RequestEvent): Loss | null {
  const { decision, kind, origin } = event;
  if (decision === null || decision === 'not_cors') return null;
  if (decision === 'matched') return kind === 'actual' && event.lacksCredentials() ? 'lost' : null;
  return kind === 'preflight' || origin !== null ? 'refused' : null;
}

/** Whether `--log-requests` gives a request a line of its own. */
export function isChosen(
  which: LogRequests,
  { code }: RequestEvent,
  level: Level,
  loss: Loss | null,
): boolean {
  if (which === 'all' || which === 'none') return which === 'all';
  if (level !== 'info') return true;
  return which === 'refused' && (loss !== null || (code !== null && code !== 'ClientGone'));
}

/** The fields of a request's line. `because`: why the page does not get its answer. */
export function lineOf(event: RequestEvent, loss: Loss | null, because: string | null): object {
  const { address, host, userAgent, traceparent, protocol } = event.client();
  const line: RequestLine = {
    bucket: event.bucket,
    method: event.method,
    path: event.path,
    origin: event.origin,
    kind: event.kind,
    decision: event.decision,
    asked: event.asked,
    because,
    lacksCredentials: loss === 'lost',
    rule: event.rule,
    rulesVersion: event.rulesVersion,
    status: event.status,
    code: event.code,
    cause: event.cause,
    received: event.received,
    sent: event.sent,
    headMs: rounded(event.headMs),
    bucketMs: rounded(event.bucketMs),
    bucketStatus: event.bucketStatus,
    totalMs: round(event.totalMs),
    requestId: event.requestId,
    bucketHadCors: event.bucketHadCors,
    client: address,
    host,
    userAgent,
    traceparent,
    protocol,
  };
  return fitTogether(line);
}

const rounded = (milliseconds: number | null): number | null =>
  milliseconds === null ? null : round(milliseconds);

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
