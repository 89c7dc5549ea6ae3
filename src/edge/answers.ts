import { LRUCache } from 'lru-cache';
import { ownText } from '../bucket/own-text.ts';
import type { FlatHeaders } from '../bucket/transport.ts';
import { type Answer, answerTo } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { varyHeader } from '../cors/vary.ts';

/** The cached answers of one rule set for one origin. */
interface OriginAnswers {
  /** By method. */
  readonly actual: Map<string, Answer>;
  /** By Access-Control-Request-Method, then by Access-Control-Request-Headers. */
  readonly preflight: Map<string, Map<string, Answer>>;
}

/** Most cached origins, of all buckets together. */
const MAX_ORIGINS = 2_048;
/** Size of the table of hashes of origins that were seen once; a power of two. */
const SEEN_SIZE = 4_096;
/** Most cached answers, of all rule sets together. An answer is under 2 KB. */
const MAX_ANSWERS = 8_192;
/** Characters of the values that identify an answer. Requests with longer values are decided each time. */
const MAX_KEY = 256;

/** Weak keys: a rule set that is no longer in use takes its answers with it. */
const cache = new LRUCache<string, WeakMap<CompiledRules, OriginAnswers>>({ max: MAX_ORIGINS });
/** Answers added since the cache was last cleared, evicted ones included. */
let added = 0;
const seen = new Uint32Array(SEEN_SIZE);
/** The lines of the answers in the cache. */
const lines = new WeakMap<Answer, FlatHeaders>();

/**
 * The header lines that a cached answer adds to a head without a Vary of its own: the same list each time. Undefined for
 * an answer that is not cached.
 */
export const cachedLines = (answer: Answer): FlatHeaders | undefined => lines.get(answer);

/**
 * Returns the answer to a request, from a cache when the same rules have answered the same facts. Browsers repeat few
 * requests, and without the cache a preflight takes 6 % longer (docs/decisions/0008). An origin is cached from its second
 * request on, so that a flood of new origins evicts no others and takes no memory. Call it once for each request.
 */
export function cachedAnswer(rules: CompiledRules, facts: Facts): Answer {
  const { method, requestMethod, requestHeaders } = facts;
  const origin = facts.origin ?? '';
  const [asked, headers] = [requestMethod ?? '', requestHeaders ?? ''];
  if (origin.length + asked.length + headers.length > MAX_KEY) return answerTo(rules, facts);
  // Actual answers are cached by method only. Browsers send these two headers with preflights only, but `vary: 'store'`
  // may use them in actual requests (semantics.md §2.6).
  const isPreflight = method === 'OPTIONS';
  if (!isPreflight && (asked !== '' || headers !== '')) return answerTo(rules, facts);
  const answers = answersOf(origin, rules);
  if (answers === null) return answerTo(rules, facts);
  const cached = isPreflight ? answers.preflight.get(asked)?.get(headers) : answers.actual.get(method);
  if (cached !== undefined) return cached;
  // The cache outlives the request, whose head these texts are parts of.
  const own: Facts = {
    ...facts,
    method: ownText(method),
    origin: facts.origin === null ? null : ownText(facts.origin),
    requestMethod: facts.requestMethod === null ? null : ownText(facts.requestMethod),
    requestHeaders: facts.requestHeaders === null ? null : ownText(facts.requestHeaders),
  };
  const answer = answerTo(rules, own);
  added += 1;
  if (added > MAX_ANSWERS) {
    cache.clear();
    added = 0;
    return answer;
  }
  lines.set(answer, [...answer.headers, ...varyHeader([], answer.vary)]);
  if (!isPreflight) answers.actual.set(own.method, answer);
  else {
    const byHeaders = answers.preflight.get(asked) ?? new Map<string, Answer>();
    answers.preflight.set(own.requestMethod ?? '', byHeaders.set(own.requestHeaders ?? '', answer));
  }
  return answer;
}

/** Returns the cached answers for an origin; null at its first request. */
function answersOf(origin: string, rules: CompiledRules): OriginAnswers | null {
  let byRules = cache.get(origin);
  if (byRules === undefined) {
    if (!wasSeen(origin)) return null;
    byRules = new WeakMap();
    cache.set(ownText(origin), byRules);
  }
  let answers = byRules.get(rules);
  if (answers === undefined) {
    answers = { actual: new Map(), preflight: new Map() };
    byRules.set(rules, answers);
  }
  return answers;
}

/** Whether an origin was seen before. False again once another origin with the same slot has replaced it. */
function wasSeen(origin: string): boolean {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let at = 0; at < origin.length; at += 1) hash = Math.imul(hash ^ origin.charCodeAt(at), 0x01000193);
  const slot = hash & (SEEN_SIZE - 1);
  if (seen[slot] === hash >>> 0) return true;
  seen[slot] = hash;
  return false;
}
