import type { FlatHeaders, Reply } from '../bucket/transport.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Refusal } from '../cors/dialect.ts';
import type { Reason } from '../cors/reason.ts';
import { answerTo } from './answers.ts';
import { type ErrorCode, errorXml, METHODS_SERVED } from './errors.ts';
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts';
import { type Made, makeHead, type Served } from './served.ts';

/** Makes one row of the table of errors into an answer, with the CORS headers of the decision. */
export function errorReply(served: Served, code: ErrorCode): { made: Made; reply: Reply } {
  const allow = code === 'MethodNotAllowed' ? ['Allow', METHODS_SERVED.join(', ')] : [];
  const retry = code === 'BucketBusy' ? ['Retry-After', '1'] : [];
  // An error is this moment's; no cache may answer with it later.
  const headers = [...allow, ...retry, 'Cache-Control', 'no-store'];
  return xmlReply(served, { ...served.options.errors[code], code, details: [], trailer: [] }, headers, code);
}

function xmlReply(served: Served, refused: Refusal, extra: FlatHeaders, code: ErrorCode | null) {
  const { facts, inForce, bucket } = served;
  const answered = answerTo(inForce.rules, facts);
  const reason = bucket === null ? null : answered.decision.reason;
  const reply = refusalReply(inForce.rules, facts.host, reason, refused, extra);
  const made = makeHead(served, answered, reply.status, reply.headers, code);
  return { made, reply: { ...reply, headers: made.headers } };
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
    REQUEST_ID_HEADER[behaviour.dialect],
    requestId,
    ...extra,
  ];
  return { status: refused.status, headers, body };
}
