import { type Judgement, judge } from '../analysis/browser/judge.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { decide, type Facts, repeatedHeader, requestedNames } from '../cors/decide.ts';
import { type Explanation, explain } from '../cors/explain.ts';
import { cureOfCredentials } from '../cors/explain-credentials.ts';
import { resourceOf } from '../cors/refusal.ts';
import type { Fault } from '../document/fault.ts';
import type { RulesInForce } from '../rules/in-force.ts';

/** The parameters of `/explain`: a page's origin, the method and headers of its request, and the path. */
export interface Question {
  readonly origin?: string;
  readonly method?: string;
  /** Names of request headers, separated by commas. */
  readonly headers?: string;
  readonly path?: string;
  /** `true` if the page sends cookies: credentials mode "include". */
  readonly credentials?: string;
}

export type Explained =
  | {
      readonly version: string | null;
      readonly request: {
        readonly origin: string | null;
        method: string;
        headers: string | null;
        path: string;
        credentials: boolean;
      };
      /** The answer to a browser's preflight for this request. */
      readonly preflight: Explanation;
      /** The answer to the request itself. */
      readonly actual: Explanation;
      /** What a browser does with the two answers; null without an origin. */
      readonly browser: Judgement | null;
    }
  | { readonly faults: readonly Fault[] };

const KNOWN = ['origin', 'method', 'headers', 'path', 'credentials'];

/** Explains a cross-origin request and its preflight, by the function that the edge decides with. */
export function explainRequest({ rules, version }: RulesInForce, question: Question): Explained {
  const faults = faultsIn(question);
  if (faults.length > 0) return { faults };
  const { origin = null, method = 'GET', headers = null, path = '/' } = question;
  const credentials = question.credentials === 'true';
  const asked: Facts = { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: headers };
  const facts: Facts = { method, origin, requestMethod: null, requestHeaders: null };
  const preflight = explain(rules, asked, resourceOf(path));
  const actual = explain(rules, facts, resourceOf(path));
  const page = { method, headers: requestedNames(headers), credentials };
  const answers = { preflight: { status: preflight.status ?? 200, headers: preflight.headers }, actual };
  return {
    version,
    request: { origin, method, headers, path, credentials },
    preflight,
    actual,
    browser: origin ? withCure(judge({ ...page, origin }, answers), rules, asked, facts) : null,
  };
}

/** A page that loses an answer for its cookies alone needs to know what lets it send them: the reason is `matched`. */
function withCure(judged: Judgement, rules: CompiledRules, asked: Facts, facts: Facts): Judgement {
  if (judged.failure !== 'no_allow_credentials' && judged.failure !== 'wildcard_with_credentials')
    return judged;
  const decision = decide(rules, judged.refused === 'preflight' ? asked : facts);
  return { ...judged, because: `${judged.because} ${cureOfCredentials(rules, decision)}` };
}

function faultsIn(question: Question): readonly Fault[] {
  const unknown = Object.keys(question).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) return unknown.map(unknownParameter);
  const { origin = null, method = 'GET', credentials = 'false' } = question;
  if (method === 'OPTIONS') return [OPTIONS_ASKED];
  if (credentials !== 'true' && credentials !== 'false') return [notTrueOrFalse(credentials)];
  const place = repeatedHeader({ method: 'OPTIONS', origin, requestMethod: method, requestHeaders: null });
  return place === null ? [] : [listAsked(place, question[place] ?? '')];
}

const OPTIONS_ASKED: Fault = {
  place: 'method',
  value: 'OPTIONS',
  reason: 'is the method of the preflight, which the browser sends itself',
  write: 'the method that the page uses; its preflight is explained too',
};

const notTrueOrFalse = (value: string): Fault => ({
  place: 'credentials',
  value,
  reason: 'is neither true nor false',
  write: 'true if the page sends cookies',
});

const listAsked = (place: string, value: string): Fault => ({
  place,
  value,
  reason: 'is a list, and the edge answers a list with 400',
  write: 'one value',
});

const unknownParameter = (key: string): Fault => ({
  place: key,
  reason: 'is not a parameter of /explain',
  write: `bucket, ${KNOWN.join(', ')}`,
});
