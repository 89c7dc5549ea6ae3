import type { MessageBrowser, MessageFailure } from './browser-message.ts';

/** What a sentence of a browser says, without the URL and the origin around it. */
export interface Said {
  /** Null if several browsers print it. */
  readonly browser: MessageBrowser | null;
  readonly failure: MessageFailure;
  /** The value of a sentence that always has the same one. */
  readonly value?: string;
  /** A failure that depends on the value. */
  readonly failureOf?: (value: string) => MessageFailure;
  /** Whose answer fails, if the sentence itself says it. */
  readonly ofPreflight?: true;
  /** False if another sentence of the same console may say why. */
  readonly saysWhy?: false;
}

export interface SaidReason extends Said {
  /** In a text whose quotes are all straight single ones. The first group is the value. */
  readonly pattern: RegExp;
  /** A match that another row reads. */
  readonly unless?: RegExp;
}

/** A reason that a text has, and where. */
export interface FoundReason {
  readonly at: number;
  readonly reason: Said;
  readonly value: string | null;
}

/** Firefox has one sentence for each value that differs from the origin. */
export const failureOfOther = (value: string): MessageFailure => {
  if (value === '(null)') return 'no_allow_origin';
  if (value.includes(',')) return 'several_allow_origins';
  return value === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+\/?$/i.test(value)
    ? 'other_allow_origin'
    : 'invalid_allow_origin';
};

const NAME = "([^'\\s]{1,200})";

/**
 * Chromium: services/network/public/mojom/cors.mojom and blink's cors_error_string.cc, its sentences since 2019, and those
 * before (DocumentThreadableLoader.cpp); what Chromium 156 prints.
 */
const CHROMIUM: readonly Omit<SaidReason, 'browser'>[] = [
  { failure: 'no_allow_origin', pattern: /No 'Access-Control-Allow-Origin' header (?:is|was) present/i },
  {
    failure: 'several_allow_origins',
    pattern: /'Access-Control-Allow-Origin' header contains (?:the )?multiple values '([^']{0,1000})'/,
  },
  {
    failure: 'invalid_allow_origin',
    pattern: /'Access-Control-Allow-Origin' header contains the invalid value '([^']{0,1000})'/,
  },
  {
    failure: 'other_allow_origin',
    pattern: /'Access-Control-Allow-Origin' header has a value '([^']{0,1000})' that is not equal/,
  },
  {
    failure: 'wildcard_with_credentials',
    pattern: /'Access-Control-Allow-Origin' header in the response must not be the wildcard/,
    value: '*',
  },
  {
    failure: 'wildcard_with_credentials',
    pattern: /wildcard '\*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials/,
    value: '*',
  },
  {
    failure: 'no_allow_credentials',
    pattern:
      /'Access-Control-Allow-Credentials' header in the response is '([^']{0,200})' which must be 'true'/,
  },
  {
    failure: 'no_allow_credentials',
    pattern:
      /Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '([^']{0,200})'/,
  },
  { failure: 'status', pattern: /It does not have HTTP ok status/, ofPreflight: true },
  {
    failure: 'status',
    pattern: /Response for preflight has invalid HTTP status code (\d{3})/,
    ofPreflight: true,
  },
  {
    failure: 'preflight_redirect',
    pattern: /Redirect is not allowed for a preflight request|Response for preflight is invalid \(redirect\)/,
    ofPreflight: true,
  },
  {
    failure: 'method',
    pattern: new RegExp(`Method ${NAME} is not allowed by Access-Control-Allow-Methods in preflight`),
    ofPreflight: true,
  },
  {
    failure: 'header',
    pattern: new RegExp(
      `Request header field ${NAME} is not allowed by Access-Control-Allow-Headers in preflight`,
    ),
    ofPreflight: true,
  },
  {
    failure: 'invalid_list',
    pattern: /Cannot parse (Access-Control-Allow-(?:Methods|Headers)) response header field in preflight/,
    ofPreflight: true,
  },
  {
    failure: 'redirect',
    pattern: /Redirect location '[^']{0,4000}' contains a username and password/,
  },
  {
    failure: 'redirect',
    pattern: /Request requires preflight, which is disallowed to follow cross-origin redirect/,
  },
  {
    failure: 'request_mode',
    pattern: /Cross origin requests are not allowed by request mode|Request mode is 'same-origin' but/,
  },
  {
    failure: 'not_http',
    pattern:
      /Cross origin requests are only supported for protocol schemes|Not allowed to load local resource/,
  },
  { failure: 'not_http', pattern: /URL scheme '([^']{1,40})' is not supported/ },
  {
    failure: 'local_network',
    pattern: /Permission was denied for this request to access the '([a-z]{1,20})' address space/,
  },
  {
    failure: 'local_network',
    pattern: /resource is in more-private address space '([a-z]{1,20})'/,
  },
  {
    failure: 'local_network',
    pattern: /target IP address space|'Access-Control-Allow-(?:Private-Network|External)'/,
  },
  {
    failure: 'tainted_canvas',
    pattern: /The canvas has been tainted by cross-origin data|Tainted canvases may not be/,
  },
  { failure: 'tainted_canvas', pattern: /element contains cross-origin data, and may not be loaded/ },
  { failure: 'opaque_blocked', pattern: /net::ERR_BLOCKED_BY_(?:ORB|RESPONSE\b)|Cross-Origin Read Blocking/ },
  {
    failure: 'no_answer',
    pattern: /(net::ERR_[A-Z_0-9]{2,60})/,
    unless: /ERR_FAILED|ERR_BLOCKED_BY_(?:ORB|RESPONSE)/,
    saysWhy: false,
  },
  { failure: 'unknown', pattern: /has been blocked by CORS policy|net::ERR_FAILED/, saysWhy: false },
  { failure: 'unknown', pattern: /Failed to fetch\b/, saysWhy: false },
];

/** Firefox: dom/locales/en-US/chrome/security/security.properties, now and before 2021; what Firefox 153 prints. */
const FIREFOX: readonly Omit<SaidReason, 'browser'>[] = [
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

/**
 * Safari: WebKit's CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp, NetworkLoadChecker.cpp,
 * SubresourceLoader.cpp and ThreadableLoader.cpp.
 */
const SAFARI: readonly Omit<SaidReason, 'browser'>[] = [
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

/** MDN's pages about Firefox's reasons (Web/HTTP/CORS/Errors), to which the console links. */
const PAGES: Readonly<Record<string, MessageFailure>> = {
  CORSAllowOriginNotMatchingOrigin: 'other_allow_origin',
  CORSDidNotSucceed: 'no_answer',
  CORSDisabled: 'unknown',
  CORSExternalRedirectNotAllowed: 'preflight_redirect',
  CORSInvalidAllowHeader: 'invalid_list',
  CORSInvalidAllowMethod: 'invalid_list',
  CORSMethodNotFound: 'method',
  CORSMissingAllowCredentials: 'no_allow_credentials',
  CORSMissingAllowHeaderFromPreflight: 'header',
  CORSMissingAllowOrigin: 'no_allow_origin',
  CORSMultipleAllowOriginNotAllowed: 'several_allow_origins',
  CORSNotSupportingCredentials: 'wildcard_with_credentials',
  CORSOriginHeaderNotAdded: 'unknown',
  CORSPreflightDidNotSucceed: 'status',
  CORSRequestNotHttp: 'not_http',
};

const SEVERAL: readonly SaidReason[] = [
  {
    browser: null,
    failure: 'unreadable_header',
    pattern: new RegExp(`Refused to get unsafe header '${NAME}'`),
  },
  // Firefox and Safari, of a canvas.
  { browser: null, failure: 'tainted_canvas', pattern: /SecurityError: The operation is insecure/ },
];

/** The sentences that are read. */
export const REASONS: readonly SaidReason[] = [
  ...CHROMIUM.map((reason): SaidReason => ({ ...reason, browser: 'chromium' })),
  ...FIREFOX.map((reason): SaidReason => ({ ...reason, browser: 'firefox' })),
  ...SAFARI.map((reason): SaidReason => ({ ...reason, browser: 'safari' })),
  ...SEVERAL,
  ...Object.entries(PAGES).map(
    // A sentence before the link says more.
    ([page, failure]): SaidReason => ({
      browser: 'firefox',
      failure,
      pattern: new RegExp(`\\b${page}\\b`),
      saysWhy: false,
    }),
  ),
];
