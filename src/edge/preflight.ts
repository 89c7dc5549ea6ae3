import type { Reply } from '../bucket/transport.ts';
import type { Answer } from '../cors/answer.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { refusal, resourceOf } from '../cors/refusal.ts';
import { cachedAnswer, cachedLines } from './answers.ts';
import { makeHead, type Routed } from './context.ts';
import { refusalReply } from './error-reply.ts';
import { sendReply } from './report.ts';
import { newRequestId } from './request-id.ts';
import { NO_STORE } from './write.ts';

const RETRY_AFTER_SECONDS = '5';

/** Decides a preflight and answers it. No preflight reaches a bucket. */
export function answerPreflight(request: Routed): Response {
  const { head, key, inForce, options } = request;
  const answer = cachedAnswer(inForce.rules, head);
  const reply = preflightReply(inForce.rules, answer, head, key);
  const made = makeHead(request, answer, reply.status, reply.headers, null);
  const { status, body } = reply;
  // The debug header is specific to this edge, so another edge in this process must not reuse such an answer.
  const isAlike = status === 200 && !options.debugReason && cachedLines(answer) !== undefined;
  return sendReply(request, made, {
    status,
    headers: made.headers,
    body,
    alike: isAlike ? answer : undefined,
  });
}

/** Makes the reply to a preflight about a key, without the CORS headers. */
export function preflightReply(
  rules: CompiledRules,
  { decision }: Answer,
  facts: Facts & { readonly host: string },
  key: string,
): Reply {
  const refused = decision.reason === 'matched' ? null : refusal(rules, decision, facts, resourceOf(key));
  const caching = mayBeSplit(facts) ? NO_STORE : [];
  if (refused !== null) {
    const retry = refused.status === 503 ? ['Retry-After', RETRY_AFTER_SECONDS] : [];
    return refusalReply(rules, facts.host, decision.reason, refused, [...retry, ...caching]);
  }
  const { requestIdHeader } = traitsOf(rules.behaviour);
  return {
    status: 200,
    headers: [requestIdHeader, newRequestId(), 'Content-Length', '0', ...caching],
    body: '',
  };
}

/**
 * Whether Access-Control-Request-Headers may have been sent on several lines. A cache that stores answers to OPTIONS may
 * compare only the first. The edge joins lines by a comma and a blank; browsers write a comma without a blank (Fetch
 * standard, "CORS-preflight fetch").
 */
const mayBeSplit = ({ requestHeaders }: Facts): boolean => requestHeaders?.includes(', ') ?? false;
