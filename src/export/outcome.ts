import { type HeaderPairs, preflightCheck } from '../analysis/browser/check.ts';
import { type Judgement, judge } from '../analysis/browser/judge.ts';
import { isSafeMethod } from '../analysis/browser/safelist.ts';
import { answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { decide, type Facts, requestedNames } from '../cors/decide.ts';
import { ALLOW_ORIGIN, CORS_PREFIX, ORIGIN, VARY } from '../cors/names.ts';
import { isOneOrigin } from '../cors/origin.ts';
import { refusal } from '../cors/refusal.ts';
import { varyHeader, withoutVary } from '../cors/vary.ts';
import { excessOf } from './granted.ts';

/**
 * `equal`: the CORS headers are those of the edge, each value byte for byte, Vary has the same names, and preflights have
 * the same status; the order of header lines and of the names in Vary is not compared. `same verdict`: a browser allows
 * the same requests, also by what it caches of preflights, and scripts read the same.
 */
export type Grade = 'equal' | 'same verdict';

/** The part of an answer that CORS is about. */
export interface Outcome {
  /** The status of a preflight's answer; null for the answer to an actual request, whose status is the bucket's. */
  readonly status: number | null;
  /** The `Access-Control-*` and `Vary` lines as they are sent, one pair a line. */
  readonly headers: HeaderPairs;
}

/** What the edge answers, before a bucket whose own answer has these Vary lines. */
export function outcomeOf(rules: CompiledRules, request: Facts, ownVary: readonly string[] = []): Outcome {
  const decision = decide(rules, request);
  const { headers, vary } = answer(rules, decision);
  const isPreflight = decision.kind === 'preflight';
  const own = isPreflight ? [] : withoutVary(ownVary, ORIGIN);
  return {
    status: isPreflight ? (refusal(rules, decision, request, 'OBJECT')?.status ?? 200) : null,
    headers: pairs([...headers, ...varyHeader(own, vary)]),
  };
}

const pairs = (flat: readonly string[]): HeaderPairs =>
  flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []));

/** The CORS lines of an answer's head, which may have any others: name, value, name, value. */
export const seenOutcome = (
  kind: 'preflight' | 'actual',
  status: number,
  flat: readonly string[],
): Outcome => ({
  status: kind === 'preflight' ? status : null,
  headers: pairs(flat).filter(([name]) => {
    const lower = name.toLowerCase();
    return lower.startsWith(CORS_PREFIX) || lower === VARY.toLowerCase();
  }),
});

/** Returns how the outcome that the rules ask for and another differ, as a sentence, or null if they have the grade. */
export function differenceOf(
  rules: CompiledRules,
  request: Facts,
  expected: Outcome,
  seen: Outcome,
  grade: Grade,
): string | null {
  return grade === 'equal' ? unequal(expected, seen) : otherVerdict(rules, request, expected, seen);
}

function unequal(expected: Outcome, seen: Outcome): string | null {
  if (expected.status !== seen.status) return `status ${seen.status}, not ${expected.status}`;
  const [asked, got] = [linesOf(expected), linesOf(seen)];
  for (const line of got) if (!asked.includes(line)) return `has "${line}"`;
  for (const line of asked) if (!got.includes(line)) return `lacks "${line}"`;
  return got.length === asked.length ? null : `has a line twice: ${got.join(' | ')}`;
}

/** One line for each header line; Vary as one line, because several mean the same (RFC 9110 §5.3). */
function linesOf({ headers }: Outcome): readonly string[] {
  const vary = varyOf(headers);
  const others = headers.filter(([name]) => name.toLowerCase() !== 'vary');
  const lines = others.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  return vary.length === 0 ? lines : [...lines, `vary: ${[...vary].sort().join(', ')}`];
}

/** The names in Vary, in lower case, duplicates included. */
const varyOf = (headers: HeaderPairs): readonly string[] =>
  headers
    .filter(([name]) => name.toLowerCase() === 'vary')
    .flatMap(([, value]) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

function otherVerdict(rules: CompiledRules, request: Facts, expected: Outcome, seen: Outcome): string | null {
  for (const credentials of [false, true]) {
    const [asked, got] = [verdictOf(request, expected, credentials), verdictOf(request, seen, credentials)];
    if (asked !== got) return `a browser ${credentials ? 'with credentials ' : ''}${got}, not ${asked}`;
    const excess = got === 'allows' ? excessOf(rules, request, expected.headers, seen.headers) : null;
    if (excess !== null) return excess;
  }
  const varies = varyOf(seen.headers);
  if (varies.includes('*')) return null;
  const missing = varyOf(expected.headers).find((name) => !varies.includes(name));
  return missing === undefined
    ? null
    : `Vary lacks ${missing}: a cache would serve the answer to other requests`;
}

/**
 * Returns what a script may do by an answer to an actual request that it may not do by the rules, as a sentence, or null.
 * The answer may allow less.
 */
export function wideningOf(
  rules: CompiledRules,
  request: Facts,
  expected: Outcome,
  seen: Outcome,
): string | null {
  const cors = seen.headers.map(([name]) => name.toLowerCase()).filter((name) => name !== 'vary');
  if (new Set(cors).size < cors.length) return `has a header twice: ${cors.join(', ')}`;
  const named = seen.headers.find(([name]) => name.toLowerCase() === ALLOW_ORIGIN.toLowerCase())?.[1] ?? '*';
  if (named !== '*' && named !== request.origin) return `names ${named}`;
  if (!canSend(rules, request.origin, request.method)) return null;
  for (const credentials of [false, true]) {
    const [asked, got] = [
      actualVerdict(request, expected, credentials),
      actualVerdict(request, seen, credentials),
    ];
    if (!got.passes) continue;
    if (!asked.passes) return `a browser ${credentials ? 'with credentials ' : ''}lets scripts read it`;
    const more = readableOnlyBy(got.readable, asked.readable);
    if (more.length > 0) return `scripts read ${more.join(', ')}`;
  }
  return null;
}

const readableOnlyBy = (got: Judgement['readable'], asked: Judgement['readable']): readonly string[] =>
  asked === '*' ? [] : got === '*' ? ['all headers'] : got.filter((name) => !asked.includes(name));

/** Whether a script can send a request at all: without a preflight, or after the one that asks for least. */
export function canSend(rules: CompiledRules, origin: string | null, method: string): boolean {
  if (origin !== null && !isOneOrigin(origin)) return false;
  if (isSafeMethod(method)) return true;
  const preflight = { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: null };
  return decide(rules, preflight).rule !== null;
}

/** An origin that asks after a request without one: a cache serves it the stored answer. */
const LATER = 'https://later.example';

function verdictOf(request: Facts, { status, headers }: Outcome, credentials: boolean): string {
  const origin = request.origin || LATER;
  if (status !== null) {
    const asked = {
      origin,
      method: request.requestMethod ?? '',
      headers: requestedNames(request.requestHeaders),
    };
    return preflightCheck({ ...asked, credentials }, status, headers) === null ? 'allows' : 'refuses';
  }
  const { passes, readable } = actualVerdict(request, { status, headers }, credentials);
  return passes ? `lets scripts read ${readable === '*' ? 'all headers' : readable.join(', ')}` : 'refuses';
}

/** Whether the request may be sent is the preflight's matter: a GET has none. */
function actualVerdict(request: Facts, { headers }: Outcome, credentials: boolean): Judgement {
  const asked = { origin: request.origin || LATER, method: 'GET', headers: [], credentials };
  return judge(asked, { preflight: { status: 200, headers }, actual: { headers } });
}
