import { LRUCache } from 'lru-cache';
import { type Answer, answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { type Decision, decide, type Facts } from '../cors/decide.ts';
import { varyHeader } from '../cors/vary.ts';

/** A decision with all that is written for it. */
export interface Answered extends Answer {
  readonly decision: Decision;
  /** The Vary header as a flat pair for a bucket that varies on nothing itself; empty where there is nothing to say. */
  readonly varyAlone: readonly string[];
}

/** What was decided for one origin by one rule set. */
interface Questions {
  /** By method. */
  readonly actual: Map<string, Answered>;
  /** By Access-Control-Request-Method, and -Headers. */
  readonly preflight: Map<string, Map<string, Answered>>;
}

/** Origins held, whatever the number of buckets. */
const ORIGINS_HELD = 2_048;
/** Places for the hashes of origins that came once; a power of two. */
const ONCE_HELD = 4_096;
/** Answers held, all rule sets and questions together; each is under 2 KB. */
const ANSWERS_HELD = 8_192;
/** Characters; who asks with more is answered anew each time. */
const LONGEST = 256;

/** Rule sets that are no longer in force take what is held for them along. */
const held = new LRUCache<string, WeakMap<CompiledRules, Questions>>({ max: ORIGINS_HELD });
/** Since it was empty; what has been driven out since counts too. */
let answers = 0;
const once = new Uint32Array(ONCE_HELD);

/**
 * Decides, or finds what was decided before for the same rules and facts: browsers ask the same few questions over and
 * over. What is asked for an origin is held from its second time on, so that a flood of new ones is decided one by one,
 * drives nothing out and has nothing held for it. Call it once for each.
 */
export function answerTo(rules: CompiledRules, facts: Facts): Answered {
  const { method, requestMethod, requestHeaders } = facts;
  const origin = facts.origin ?? '';
  const [asked, headers] = [requestMethod ?? '', requestHeaders ?? ''];
  if (origin.length + asked.length + headers.length > LONGEST) return answered(rules, facts);
  // Actual answers are stored by method. Browsers never send these two headers there, and one mode heeds either
  // (semantics.md §2.6).
  const preflight = method === 'OPTIONS';
  if (!preflight && (asked !== '' || headers !== '')) return answered(rules, facts);
  const questions = questionsOf(origin, rules);
  if (questions === null) return answered(rules, facts);
  const known = preflight ? questions.preflight.get(asked)?.get(headers) : questions.actual.get(method);
  if (known !== undefined) return known;
  const fresh = answered(rules, facts);
  answers += 1;
  if (answers > ANSWERS_HELD) {
    held.clear();
    answers = 0;
    return fresh;
  }
  if (!preflight) questions.actual.set(method, fresh);
  else {
    const byHeaders = questions.preflight.get(asked) ?? new Map<string, Answered>();
    questions.preflight.set(asked, byHeaders.set(headers, fresh));
  }
  return fresh;
}

/** Null for an origin that comes for the first time. */
function questionsOf(origin: string, rules: CompiledRules): Questions | null {
  let byRules = held.get(origin);
  if (byRules === undefined) {
    if (!cameBefore(origin)) return null;
    byRules = new WeakMap();
    held.set(origin, byRules);
  }
  let questions = byRules.get(rules);
  if (questions === undefined) {
    questions = { actual: new Map(), preflight: new Map() };
    byRules.set(rules, questions);
  }
  return questions;
}

/** Whether an origin has come before; where others have taken its place since, it has not. */
function cameBefore(origin: string): boolean {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let at = 0; at < origin.length; at += 1) hash = Math.imul(hash ^ origin.charCodeAt(at), 0x01000193);
  const place = hash & (ONCE_HELD - 1);
  if (once[place] === hash >>> 0) return true;
  once[place] = hash;
  return false;
}

function answered(rules: CompiledRules, facts: Facts): Answered {
  const decision = decide(rules, facts);
  const made = answer(rules, decision);
  return { ...made, decision, varyAlone: varyHeader([], made.vary) };
}
