import type { Failed, PageRequest } from './check.ts';
import { isSafeMethod } from './safelist.ts';

/** What a browser refuses: to send the request, or the answer to the preflight or to the request. */
export type Refused = 'request' | 'preflight' | 'actual';

/** Returns what the browser does and why, in the words that browsers use in their consoles. */
export function becauseOf(
  request: PageRequest,
  preflights: boolean,
  refused: Refused | null,
  failed: Failed | null,
): string {
  const first = beginningOf(request, preflights);
  if (failed === null) return `${first} The page gets the answer.`;
  const answer = refused === 'preflight' ? 'the answer to the preflight' : 'the answer';
  const problem = problemOf(request, failed, answer);
  if (refused === 'request') return `The browser sends nothing: ${problem}.`;
  const effect = refused === 'preflight' ? ' It never sends the request.' : '';
  return `${first} The browser blocks it: ${problem}.${effect}`;
}

/** Returns whether the browser sends a preflight first, and why, as a sentence. */
export const beginningOf = (request: PageRequest, preflights: boolean): string =>
  preflights
    ? `The browser sends a preflight first, because ${triggerOf(request)}.`
    : 'The browser sends no preflight.';

function triggerOf({ method, headers }: PageRequest): string {
  const names = headers.slice(0, MAX_NAMES).join(', ');
  const more = headers.length > MAX_NAMES ? ` and ${headers.length - MAX_NAMES} more` : '';
  if (headers.length === 0) return `the method is ${method}`;
  return isSafeMethod(method)
    ? `the page sets ${names}${more}`
    : `the method is ${method} and the page sets ${names}${more}`;
}

const MAX_NAMES = 5;

function problemOf({ origin }: PageRequest, { failure, value }: Failed, subject: string): string {
  const allowOrigin = `the value of Access-Control-Allow-Origin in ${subject}`;
  switch (failure) {
    case 'forbidden_method':
      return `scripts cannot use the method ${value}, and fetch throws a TypeError`;
    case 'no_allow_origin':
      return `${subject} has no Access-Control-Allow-Origin`;
    case 'several_allow_origins':
      return `${allowOrigin} is ${value}, and only one is allowed`;
    case 'other_allow_origin':
      return `${allowOrigin} is ${value}, not ${origin}`;
    case 'wildcard_with_credentials':
      return `${allowOrigin} is *, and the page sends cookies`;
    case 'no_allow_credentials':
      return value === ''
        ? `${subject} has no Access-Control-Allow-Credentials, and the page sends cookies`
        : `the value of Access-Control-Allow-Credentials in ${subject} is ${value}, not true, and the page sends cookies`;
    case 'status':
      return `${subject} has the status ${value}, which is not an ok status`;
    case 'invalid_list':
      return `the value of ${value} in ${subject} is not a list of names`;
    case 'method':
      return `the method ${value} is not allowed by Access-Control-Allow-Methods in ${subject}`;
    case 'header':
      return `the request header ${value} is not allowed by Access-Control-Allow-Headers in ${subject}`;
  }
}
