import { NAME, type Sentence } from './said.ts';

/**
 * Chromium: services/network/public/mojom/cors.mojom and blink's cors_error_string.cc, its sentences since 2019, and those
 * before (DocumentThreadableLoader.cpp); what Chromium 156 prints.
 */
export const CHROMIUM: readonly Sentence[] = [
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
    pattern: /(net::ERR_(?!FAILED\b|BLOCKED_BY_(?:ORB|RESPONSE)\b)[A-Z_0-9]{2,60})/,
    saysWhy: false,
  },
  { failure: 'unknown', pattern: /has been blocked by CORS policy|net::ERR_FAILED/, saysWhy: false },
  { failure: 'unknown', pattern: /Failed to fetch\b/, saysWhy: false },
];
