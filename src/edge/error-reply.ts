import type { StoreRefusal } from '../bucket/refusals.ts';
import type { FlatHeaders, Reply } from '../bucket/transport.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Reason } from '../cors/reason.ts';
import type { Refusal } from '../cors/traits.ts';
import { cachedAnswer } from './answers.ts';
import { type Arrived, type Made, makeHead, type Routed, reasonFor, rulesFor } from './context.ts';
import { ERRORS, type ErrorCode, type Errors, errorXml, METHODS_SERVED } from './errors.ts';
import { sendReply } from './report.ts';
import { newRequestId } from './request-id.ts';
import { NO_STORE } from './write.ts';

/** Makes the reply for a code of the table of errors, with the CORS headers of the decision. */
export function errorReply(request: Arrived, code: ErrorCode): { made: Made; reply: Reply } {
  const { head, options } = request;
  const rules = rulesFor(request);
  const answer = cachedAnswer(rules, head);
  const reply = faultReply(rules, head.host, reasonFor(request, answer), code, options.errors);
  const made = makeHead(request, answer, reply.status, reply.headers, code);
  return { made, reply: { ...reply, headers: made.headers } };
}

/** Answers a request with a code of the table of errors. */
export function refuse(request: Arrived, code: ErrorCode): Response {
  const { made, reply } = errorReply(request, code);
  return sendReply(request, code === 'ClientGone' ? { ...made, status: null } : made, reply);
}

/** What a refusal in the store's words has besides them. */
export interface RefusalParts {
  readonly headers?: FlatHeaders;
  readonly details?: Refusal['details'];
  /** The bucket's; the edge makes one unless given. */
  readonly requestId?: string | undefined;
}

/** Answers a request with a refusal in the store's words. */
export function refuseAsStore(request: Routed, refusal: StoreRefusal, parts?: RefusalParts): Response {
  const { made, reply } = storeReply(request, refusal, parts);
  return sendReply(request, made, reply, refusal.cause);
}

/** Makes the reply of `refuseAsStore`, with the CORS headers of the decision: a page must read why. */
export function storeReply(
  request: Routed,
  { code, status, message, region, cause: failed }: StoreRefusal,
  { headers = [], details = [], requestId }: RefusalParts = {},
): { made: Made; reply: Reply } {
  const { head, inForce } = request;
  const answer = cachedAnswer(inForce.rules, head);
  const regions = region === undefined ? [] : [['Region', region] as const];
  const refusal = { code, status, message, details: [...details, ...regions], trailer: [] };
  const retry = failed === undefined ? [] : ['Retry-After', '1'];
  const reason = reasonFor(request, answer);
  const extra = [...headers, ...retry, ...NO_STORE];
  const reply = refusalReply(inForce.rules, head.host, reason, refusal, extra, requestId);
  const made = makeHead(request, answer, reply.status, reply.headers, code);
  return { made, reply: { ...reply, headers: made.headers } };
}

/** Makes the reply of `errorReply` without the CORS headers. */
export function faultReply(
  rules: CompiledRules,
  host: string,
  reason: Reason | null,
  code: ErrorCode,
  errors: Errors = ERRORS,
): Reply {
  const allow = code === 'MethodNotAllowed' ? ['Allow', METHODS_SERVED.join(', ')] : [];
  const retry = code === 'BucketBusy' ? ['Retry-After', '1'] : [];
  // An error may be temporary, so no cache may store it.
  const headers = [...allow, ...retry, ...NO_STORE];
  return refusalReply(rules, host, reason, { ...errors[code], code, details: [], trailer: [] }, headers);
}

/** Makes the reply for a refusal in the store's form, without the CORS headers. */
export function refusalReply(
  { behaviour }: CompiledRules,
  host: string,
  reason: Reason | null,
  refused: Refusal,
  extra: FlatHeaders,
  requestId = newRequestId(),
): Reply {
  const body = errorXml({ ...refused, reason, requestId, host });
  const headers = [
    'Content-Type',
    'application/xml',
    'Content-Length',
    String(new TextEncoder().encode(body).length),
    traitsOf(behaviour).requestIdHeader,
    requestId,
    ...extra,
  ];
  return { status: refused.status, headers, body };
}
