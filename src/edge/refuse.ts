import type { FlatHeaders, Reply } from '../bucket/transport.ts';
import { decide } from '../cors/decide.ts';
import type { Refusal } from '../cors/dialect.ts';
import { ERRORS, type ErrorCode, errorXml, METHODS_SERVED } from './errors.ts';
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts';
import { type Made, makeHead, type Served } from './served.ts';

/** Makes one row of the table of errors into an answer, with the CORS headers of the decision. */
export function errorReply(served: Served, code: ErrorCode): { made: Made; reply: Reply } {
  const allow = code === 'MethodNotAllowed' ? ['Allow', METHODS_SERVED.join(', ')] : [];
  // An error is this moment's; no cache may answer with it later.
  const headers = [...allow, 'Cache-Control', 'no-store'];
  return xmlReply(served, { ...ERRORS[code], code, details: [], trailer: [] }, headers, code);
}

/** Makes a refusal into an answer in the store's shape. */
export function xmlReply(served: Served, refused: Refusal, extra: FlatHeaders, code: ErrorCode | null) {
  const { facts, inForce, bucket } = served;
  const requestId = newRequestId();
  const reason = bucket === null ? null : decide(inForce.rules, facts).reason;
  const body = errorXml({ ...refused, reason, requestId, host: facts.host });
  const own = [
    'Content-Type',
    'application/xml',
    'Content-Length',
    String(new TextEncoder().encode(body).length),
    REQUEST_ID_HEADER[inForce.rules.behaviour.dialect],
    requestId,
    ...extra,
  ];
  const made = makeHead(served, refused.status, own, code);
  return { made, reply: { status: refused.status, headers: made.headers, body } };
}
