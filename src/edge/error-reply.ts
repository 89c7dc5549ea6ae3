import type { FlatHeaders, Reply } from '../bucket/transport.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Reason } from '../cors/reason.ts';
import type { Refusal } from '../cors/traits.ts';
import { answerTo } from './answers.ts';
import { type Made, makeHead, type Served } from './context.ts';
import { ERRORS, type ErrorCode, type Errors, errorXml, METHODS_SERVED } from './errors.ts';
import { newRequestId } from './request-id.ts';
import { NO_STORE } from './write.ts';

/** Makes one row of the table of errors into an answer, with the CORS headers of the decision. */
export function errorReply(served: Served, code: ErrorCode): { made: Made; reply: Reply } {
  const { facts, inForce, bucket } = served;
  const answered = answerTo(inForce.rules, facts);
  const reason = bucket === null ? null : answered.decision.reason;
  const reply = faultReply(inForce.rules, facts.host, reason, code, served.options.errors);
  const made = makeHead(served, answered, reply.status, reply.headers, code);
  return { made, reply: { ...reply, headers: made.headers } };
}

/** The same without the CORS headers. */
export function faultReply(
  rules: CompiledRules,
  host: string,
  reason: Reason | null,
  code: ErrorCode,
  errors: Errors = ERRORS,
): Reply {
  const allow = code === 'MethodNotAllowed' ? ['Allow', METHODS_SERVED.join(', ')] : [];
  const retry = code === 'BucketBusy' ? ['Retry-After', '1'] : [];
  // An error is this moment's; no cache may answer with it later.
  const headers = [...allow, ...retry, ...NO_STORE];
  return refusalReply(rules, host, reason, { ...errors[code], code, details: [], trailer: [] }, headers);
}

/** Makes a refusal into an answer in the store's shape, without its CORS headers. */
export function refusalReply(
  { behaviour }: CompiledRules,
  host: string,
  reason: Reason | null,
  refused: Refusal,
  extra: FlatHeaders,
): Reply {
  const requestId = newRequestId();
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
