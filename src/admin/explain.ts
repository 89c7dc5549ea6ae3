import { type Facts, repeatedHeader } from '../cors/decide.ts';
import { type Explanation, explain } from '../cors/explain.ts';
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
}

export type Explained =
  | {
      readonly version: string | null;
      readonly request: {
        readonly origin: string | null;
        method: string;
        headers: string | null;
        path: string;
      };
      /** The answer to a browser's preflight for this request. */
      readonly preflight: Explanation;
      /** The answer to the request itself. */
      readonly actual: Explanation;
    }
  | { readonly faults: readonly Fault[] };

const KNOWN = ['origin', 'method', 'headers', 'path'];

/** Explains a cross-origin request and its preflight, by the function that the edge decides with. */
export function explainRequest({ rules, version }: RulesInForce, question: Question): Explained {
  const unknown = Object.keys(question).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) return { faults: unknown.map(unknownParameter) };
  if (question.method === 'OPTIONS') return { faults: [OPTIONS_ASKED] };
  const { origin = null, method = 'GET', headers = null, path = '/' } = question;
  const preflight: Facts = { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: headers };
  const actual: Facts = { method, origin, requestMethod: null, requestHeaders: null };
  const place = repeatedHeader(preflight);
  if (place !== null) return { faults: [listAsked(place, question[place] ?? '')] };
  return {
    version,
    request: { origin, method, headers, path },
    preflight: explain(rules, preflight, resourceOf(path)),
    actual: explain(rules, actual, resourceOf(path)),
  };
}

const OPTIONS_ASKED: Fault = {
  place: 'method',
  value: 'OPTIONS',
  reason: 'is the method of the preflight, which the browser sends itself',
  write: 'the method that the page uses; its preflight is explained too',
};

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
