import type { MessageFailure } from './browser-message.ts';
import { NAME, type Sentence } from './said.ts';

/** Firefox has one sentence for each value that differs from the origin. */
export const failureOfOther = (value: string): MessageFailure => {
  if (value === '(null)') return 'no_allow_origin';
  if (value.includes(',')) return 'several_allow_origins';
  return value === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+\/?$/i.test(value)
    ? 'other_allow_origin'
    : 'invalid_allow_origin';
};

/** Firefox: dom/locales/en-US/chrome/security/security.properties, now and before 2021; what Firefox 153 prints. */
export const FIREFOX: readonly Sentence[] = [
  {
    failure: 'no_allow_origin',
    pattern: /CORS header 'Access-Control-Allow-Origin' missing\)?\.?(?: Status code: (\d{3}))?/,
  },
  {
    failure: 'other_allow_origin',
    pattern: /CORS header 'Access-Control-Allow-Origin' does not match '([^']{0,1000})'/,
    failureOf: failureOfOther,
  },
  {
    failure: 'several_allow_origins',
    pattern: /Multiple CORS header 'Access-Control-Allow-Origin' not allowed/,
  },
  {
    failure: 'wildcard_with_credentials',
    pattern: /Credential is not supported if the CORS header 'Access-Control-Allow-Origin' is '\*'/,
    value: '*',
  },
  {
    failure: 'no_allow_credentials',
    pattern: /expected 'true' in CORS header 'Access-Control-Allow-Credentials'/,
  },
  {
    failure: 'method',
    pattern: /Did not find method in CORS header 'Access-Control-Allow-Methods'/,
    ofPreflight: true,
  },
  {
    failure: 'status',
    pattern: /CORS preflight (?:response|channel) did not succeed\)?\.?(?: Status code: (\d{3}))?/,
    ofPreflight: true,
  },
  {
    failure: 'invalid_list',
    pattern: /invalid token '[^']{0,1000}' in CORS header '(Access-Control-Allow-(?:Methods|Headers))'/,
    ofPreflight: true,
  },
  {
    failure: 'header',
    pattern: new RegExp(`header '${NAME}' is not allowed according to header 'Access-Control-Allow-Headers'`),
    ofPreflight: true,
  },
  {
    failure: 'header',
    pattern: new RegExp(`missing token '${NAME}' in CORS header 'Access-Control-Allow-Headers'`),
    ofPreflight: true,
  },
  {
    failure: 'preflight_redirect',
    pattern: /CORS request external redirect not allowed/,
    ofPreflight: true,
  },
  {
    failure: 'not_http',
    pattern: /CORS request not (?:http|HTTP)|Content at \S{1,4000} may not load or link to/,
  },
  { failure: 'request_mode', pattern: /Content at \S{1,4000} may not load data from/ },
  { failure: 'opaque_blocked', pattern: /blocked by OpaqueResponseBlocking/ },
  { failure: 'no_answer', pattern: /CORS request did not succeed/, saysWhy: false },
  { failure: 'unknown', pattern: /CORS disabled|CORS header 'Origin' cannot be added/, saysWhy: false },
  {
    failure: 'unknown',
    pattern:
      /NetworkError when attempting to fetch|error loading dynamically imported|cross-site access not allowed/,
    saysWhy: false,
  },
];
