import type { Reply } from '../bucket/transport.ts';
import { traitsOf } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { refusal, resourceOf } from '../cors/refusal.ts';
import { type Answered, answerTo } from './answers.ts';
import { makeHead, type Served, sendReply } from './context.ts';
import { refusalReply } from './error-reply.ts';
import { newRequestId } from './request-id.ts';
import { NO_STORE } from './write.ts';

const RETRY_AFTER_SECONDS = '5';

/** Decides a preflight and answers it; no preflight ever reaches a bucket. */
export function answerPreflight(served: Served): Response {
  const { facts, key, inForce, options } = served;
  const answered = answerTo(inForce.rules, facts);
  const reply = preflightReply(inForce.rules, answered, facts, key);
  const made = makeHead(served, answered, reply.status, reply.headers, null);
  // With the reason among its headers an answer is this edge's own; what is held for its rules another may share.
  const alike = reply.status === 200 && !options.debugReason ? answered : undefined;
  return sendReply(served, made, { status: reply.status, headers: made.headers, body: reply.body, alike });
}

/** What a preflight about a key is answered, without its CORS headers. */
export function preflightReply(
  rules: CompiledRules,
  { decision }: Answered,
  facts: Facts & { readonly host: string },
  key: string,
): Reply {
  const refused = refusal(rules, decision, facts, resourceOf(key));
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
 * Whether Access-Control-Request-Headers may have come on several lines, of which a cache that stores answers to OPTIONS
 * may compare the first alone. Lines are joined by a comma and a blank; browsers write a bare comma (Fetch standard,
 * "CORS-preflight fetch").
 */
const mayBeSplit = ({ requestHeaders }: Facts): boolean => requestHeaders?.includes(', ') ?? false;
