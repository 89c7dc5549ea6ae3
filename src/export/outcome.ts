import { type HeaderPairs, preflightCheck } from '../analysis/browser/check.ts';
import { judge } from '../analysis/browser/judge.ts';
import { answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { decide, type Facts, requestedNames } from '../cors/decide.ts';
import { CORS_PREFIX, ORIGIN, VARY } from '../cors/names.ts';
import { refusal } from '../cors/refusal.ts';
import { varyHeader, withoutVary } from '../cors/vary.ts';

/**
 * `equal`: every CORS header and Vary has the same names and values as the edge's, byte for byte, and refusals have the
 * same status. `same verdict`: a browser allows the same requests, and scripts read the same.
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

/** Returns how two outcomes differ, as a sentence, or null if they have the grade. */
export function differenceOf(request: Facts, expected: Outcome, seen: Outcome, grade: Grade): string | null {
  return grade === 'equal' ? unequal(expected, seen) : otherVerdict(request, expected, seen);
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

function otherVerdict(request: Facts, expected: Outcome, seen: Outcome): string | null {
  for (const credentials of [false, true]) {
    const [asked, got] = [verdictOf(request, expected, credentials), verdictOf(request, seen, credentials)];
    if (asked !== got) return `a browser ${credentials ? 'with credentials ' : ''}${got}, not ${asked}`;
  }
  const varies = varyOf(seen.headers);
  if (varies.includes('*')) return null;
  const missing = varyOf(expected.headers).find((name) => !varies.includes(name));
  return missing === undefined
    ? null
    : `Vary lacks ${missing}: a cache would serve the answer to other requests`;
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
  // Whether the request may be sent is the preflight's matter: a GET has none.
  const asked = { origin, method: 'GET', headers: [], credentials };
  const { passes, readable } = judge(asked, { preflight: { status: 200, headers }, actual: { headers } });
  return passes ? `lets scripts read ${readable === '*' ? 'all headers' : readable.join(', ')}` : 'refuses';
}
