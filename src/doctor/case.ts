import { type Judgement, judge } from '../analysis/browser/judge.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { ALLOW_ORIGIN } from '../cors/names.ts';
import { cachedOf } from './cached.ts';
import { layersOf, type Recognised } from './layers/layers.ts';
import { isPreflighted, isRead, type Question } from './question.ts';
import { type Answered, headerOf, type Step, type Transcript } from './transcript.ts';

/** All that is known about a URL. */
export interface Case {
  readonly question: Question;
  readonly transcript: Transcript;
  readonly layers: readonly Recognised[];
  /** The bucket's rules; null if they are not given. */
  readonly rules: CompiledRules | null;
  /** The answer of a step; null without one. */
  readonly at: (step: Step) => Answered | null;
}

export function caseOf(question: Question, transcript: Transcript, rules: CompiledRules | null): Case {
  const answers = new Map(
    transcript.filter((one): one is Answered => one.received !== null).map((one) => [one.step, one]),
  );
  return {
    question,
    transcript,
    layers: layersOf(transcript),
    rules,
    at: (step) => answers.get(step) ?? null,
  };
}

/** What a browser does with the answer to a GET without a preflight, for a page of an origin. */
export const judgeRead = ({ question }: Case, { received }: Answered, origin = question.origin): Judgement =>
  judge(
    { origin, method: 'GET', headers: [], credentials: question.credentials },
    { preflight: { status: 200, headers: [] }, actual: received },
  );

export const passes = (one: Case, answered: Answered | null): boolean =>
  answered !== null && judgeRead(one, answered).passes;

/**
 * What a browser does with the answer to a preflight. The answer to the request itself is taken to pass; null if no preflight
 * is needed, or it has no answer.
 */
export function judgePreflight({ question, at }: Case, step: Step = 'preflight'): Judgement | null {
  const preflight = at(step);
  if (preflight === null || !isPreflighted(question)) return null;
  const passing: [string, string][] = [
    [ALLOW_ORIGIN, question.origin],
    ['Access-Control-Allow-Credentials', 'true'],
  ];
  return judge(question, { preflight: preflight.received, actual: { headers: passing } });
}

export const allowOrigin = (answered: Answered | null): string | null =>
  answered === null ? null : headerOf(answered, ALLOW_ORIGIN);

export const isHit = (answered: Answered | null): boolean =>
  answered !== null && cachedOf(answered).hit === true;

/** The answer that the page gets, or would get if it reads: its own request, or HEAD. */
export const mainOf = ({ question, at }: Case): Answered | null =>
  question.method === 'HEAD' ? at('head') : at('page');

/** An answer to GET with the Origin that passes, past the caches if there is one; null if no answer passes. */
export function readable(one: Case): Answered | null {
  const found = [one.at('past'), one.at('page')].find((answered) => passes(one, answered));
  return found ?? null;
}

/** The preflight of the page, as the rules decide on it. */
export const preflightFacts = ({ question: { origin, method, headers } }: Case): Facts => ({
  method: 'OPTIONS',
  origin,
  requestMethod: method,
  requestHeaders: headers.length > 0 ? headers.join(',') : null,
});

/** A request of the page itself, as the rules decide on it. */
export const actualFacts = ({ question }: Case, method = question.method): Facts => ({
  method,
  origin: question.origin,
  requestMethod: null,
  requestHeaders: null,
});

/** Whether what a browser does with answers to GET counts for the page that asks. */
export const readsHere = ({ question }: Case): boolean => isRead(question);
