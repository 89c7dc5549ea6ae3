import { decide } from '../cors/decide.ts';
import { refusal, resourceOf } from '../cors/dialect.ts';
import { xmlReply } from './refuse.ts';
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts';
import { makeHead, type Served, sendReply } from './served.ts';

const RETRY_AFTER_SECONDS = '5';

/** Decides a preflight and answers it; no preflight ever reaches a bucket. */
export function answerPreflight(served: Served): Response {
  const { facts, inForce, key } = served;
  const decision = decide(inForce.rules, facts);
  const refused = refusal(inForce.rules, decision, facts, resourceOf(key));
  if (refused !== null) {
    const retry = refused.status === 503 ? ['Retry-After', RETRY_AFTER_SECONDS] : [];
    const { made, reply } = xmlReply(served, refused, retry, null);
    return sendReply(served, made, reply);
  }
  const idHeader = REQUEST_ID_HEADER[inForce.rules.behaviour.dialect];
  const made = makeHead(served, 200, [idHeader, newRequestId(), 'Content-Length', '0'], null);
  return sendReply(served, made, { status: 200, headers: made.headers, body: '' });
}
