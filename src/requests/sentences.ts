import type { MessageFailure } from './browser-message.ts';
import { NAME, type SaidReason } from './said.ts';
import { CHROMIUM } from './sentences-chromium.ts';
import { FIREFOX } from './sentences-firefox.ts';
import { SAFARI } from './sentences-safari.ts';

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
