import { NAME, type Sentence } from './said.ts';

/**
 * Safari: WebKit's CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp, NetworkLoadChecker.cpp,
 * SubresourceLoader.cpp and ThreadableLoader.cpp.
 */
export const SAFARI: readonly Sentence[] = [
  {
    failure: 'origin_not_allowed',
    // Chromium printed the same sentence until 2013.
    pattern: /Origin \S{1,300} is not allowed by Access-Control-Allow-Origin\.?(?: Status code: (\d{3}))?/,
  },
  {
    failure: 'origin_not_allowed',
    pattern: /Cross-origin [a-z ]{1,30}load denied by Cross-Origin Resource Sharing policy/,
  },
  {
    failure: 'several_allow_origins',
    pattern: /Access-Control-Allow-Origin cannot contain more than one origin/,
  },
  {
    failure: 'wildcard_with_credentials',
    pattern: /Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true/,
    value: '*',
  },
  {
    failure: 'no_allow_credentials',
    pattern: /Credentials flag is true, but Access-Control-Allow-Credentials is not 'true'/,
  },
  {
    failure: 'status',
    pattern: /Preflight response is not successful\.?(?: Status code: (\d{3}))?/,
    ofPreflight: true,
  },
  {
    failure: 'method',
    pattern: new RegExp(`Method ${NAME} is not allowed by Access-Control-Allow-Methods(?! in)`),
    ofPreflight: true,
  },
  {
    failure: 'header',
    pattern: new RegExp(`Request header field ${NAME} is not allowed by Access-Control-Allow-Headers(?! in)`),
    ofPreflight: true,
  },
  {
    failure: 'invalid_list',
    pattern: /Header (Access-Control-Allow-(?:Methods|Headers)) has an invalid value/,
    ofPreflight: true,
  },
  {
    failure: 'redirect',
    pattern: /Sharing policy: (?:not allowed to follow|redirection URL)|Redirect(?:ion)? was not allowed/,
  },
  {
    failure: 'redirect',
    pattern: /Not allowed to follow a redirection while loading|Cross-origin redirection denied by/,
  },
  { failure: 'not_http', pattern: /Cross origin requests are only supported for HTTP/ },
  {
    failure: 'tainted_canvas',
    pattern: /because the canvas has been tainted by cross-origin data/,
  },
  {
    failure: 'no_answer',
    pattern:
      /(?:specified hostname could not be found|Could not connect to the server|certificate for this server is invalid)/,
    saysWhy: false,
  },
  { failure: 'unknown', pattern: /due to access control checks|\bLoad failed\b/, saysWhy: false },
];
