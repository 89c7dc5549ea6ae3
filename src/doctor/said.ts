import type { BrowserMessage, MessageFailure } from '../requests/browser-message.ts';
import type { Finding } from './diagnose.ts';
import type { FindingCode } from './kinds.ts';

/** What shows that the page gets an answer without its origin. */
const WITHOUT: readonly FindingCode[] = [
  'no_allow_origin',
  'poisoned',
  'old_copy',
  'cached_for_another_origin',
  'unsteady',
  'not_on_errors',
  'not_on_unchanged',
  'range_unreadable',
  'redirect_blocked',
  'vary_missing',
];
const ANOTHER: readonly FindingCode[] = [
  'other_allow_origin',
  'cached_for_another_origin',
  'unsteady',
  'not_on_unchanged',
  'vary_missing',
];
const UNREACHED: readonly FindingCode[] = [
  'certificate_refused',
  'no_answer',
  'malformed_answer',
  'mixed_content',
];

const REFUSED: readonly FindingCode[] = ['preflight_refused_by_rules', 'preflight_refused', 'unsteady'];

/** The findings that explain a sentence about the answer to a request. */
const OF_ANSWER: Readonly<Partial<Record<MessageFailure, readonly FindingCode[]>>> = {
  no_allow_origin: WITHOUT,
  origin_not_allowed: [...WITHOUT, ...ANOTHER],
  other_allow_origin: ANOTHER,
  invalid_allow_origin: ['other_allow_origin', 'several_allow_origins'],
  several_allow_origins: ['several_allow_origins'],
  wildcard_with_credentials: [
    'wildcard_with_credentials',
    'preflight_wildcard_with_credentials',
    'contradictory_credentials',
  ],
  no_allow_credentials: ['no_allow_credentials', 'preflight_no_allow_credentials'],
  redirect: ['redirect_blocked', 'redirected'],
  unreadable_header: ['etag_hidden', 'headers_hidden', 'exposes_less', 'expose_wildcard_with_credentials'],
  tainted_canvas: WITHOUT,
  opaque_blocked: WITHOUT,
  no_answer: UNREACHED,
  unknown: [...UNREACHED, ...WITHOUT, ...REFUSED],
};

/** The same of a sentence about the answer to a preflight. */
const OF_PREFLIGHT: Readonly<Partial<Record<MessageFailure, readonly FindingCode[]>>> = {
  no_allow_origin: ['preflight_no_allow_origin', ...REFUSED],
  origin_not_allowed: ['preflight_no_allow_origin', 'preflight_other_allow_origin', ...REFUSED],
  other_allow_origin: ['preflight_other_allow_origin', 'preflight_cached'],
  invalid_allow_origin: ['preflight_other_allow_origin', 'preflight_several_allow_origins'],
  several_allow_origins: ['preflight_several_allow_origins'],
  wildcard_with_credentials: ['preflight_wildcard_with_credentials'],
  no_allow_credentials: ['preflight_no_allow_credentials'],
  status: REFUSED,
  preflight_redirect: ['preflight_redirect'],
  invalid_list: ['preflight_invalid_list'],
  method: ['preflight_method', ...REFUSED],
  header: ['preflight_header', 'preflight_wildcard_header', ...REFUSED],
};

/** The codes that explain a browser's sentence, the likeliest first. */
export function codesOf({ failure, ofPreflight }: BrowserMessage): readonly FindingCode[] {
  const answer = ofPreflight === true ? [] : (OF_ANSWER[failure] ?? []);
  const preflight = ofPreflight === false ? [] : (OF_PREFLIGHT[failure] ?? []);
  return [...(ofPreflight === null ? answer : []), ...preflight, ...(ofPreflight === null ? [] : answer)];
}

/** The findings that explain the sentence first; whether there are any, in a sentence. */
export function beginningWith(
  message: BrowserMessage,
  findings: readonly Finding[],
): { readonly findings: readonly Finding[]; readonly because: string } {
  const codes = codesOf(message);
  const rank = ({ code }: Finding) => codes.indexOf(code);
  const explaining = findings.filter((one) => rank(one) >= 0).sort((one, other) => rank(one) - rank(other));
  const others = findings.filter((one) => rank(one) < 0);
  const [first] = explaining;
  return {
    findings: [...explaining, ...others],
    because: first === undefined ? UNEXPLAINED : `${first.code} below explains it.`,
  };
}

const UNEXPLAINED =
  'No answer shows it now: the rules or a stored copy have changed since, the browser has a copy in its own cache, or the page asks otherwise (method, headers, cookies). Reload the page with the cache switched off, and run doctor with what it sends.';
