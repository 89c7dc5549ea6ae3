import type { BrowserMessage } from '../../src/requests/message.ts';

/** A text with a sentence of a browser, where it comes from, and what it says. */
export interface SentenceCase {
  readonly from: string;
  readonly text: string;
  readonly says: Partial<BrowserMessage> & Pick<BrowserMessage, 'browser' | 'failure'>;
}

const URL = 'https://bucket.oss-cn-hangzhou.aliyuncs.com/a/b.jpg';
const ORIGIN = 'https://app.example.com';

const CORS_ERROR_STRING = 'chromium/chromium blink/renderer/platform/loader/cors/cors_error_string.cc';
const CHROMIUM_BEFORE = 'Chromium before 2019, as threads have it';
const WEBKIT = 'WebKit/WebKit Source/WebCore/loader/CrossOriginAccessControl.cpp';
const WEBKIT_CACHE = 'WebKit/WebKit Source/WebCore/loader/CrossOriginPreflightResultCache.cpp';
const WEBKIT_LOADER = 'WebKit/WebKit Source/WebCore/loader/SubresourceLoader.cpp';
const WEBKIT_CHECKER = 'WebKit/WebKit Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp';
const FIREFOX = 'mozilla/gecko-dev dom/locales/en-US/chrome/security/security.properties';
const L10N = (language: string) =>
  `mozilla-l10n/firefox-l10n ${language}/dom/chrome/security/security.properties`;

const chromium = (reason: string, says: SentenceCase['says'], kind = 'fetch'): SentenceCase => ({
  from: CORS_ERROR_STRING,
  text: `Access to ${kind} at '${URL}?Signature=x' from origin '${ORIGIN}' has been blocked by CORS policy: ${reason}`,
  says: { url: URL, origin: ORIGIN, ofPreflight: false, ...says },
});
const preflight = "Response to preflight request doesn't pass access control check: ";

const firefox = (reason: string, says: Omit<SentenceCase['says'], 'browser'>): SentenceCase => ({
  from: FIREFOX,
  text: `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ${URL}?Signature=x. (Reason: ${reason}.`,
  says: { browser: 'firefox', url: URL, origin: null, ...says } as SentenceCase['says'],
});

const translated = (
  language: string,
  text: string,
  says: Omit<SentenceCase['says'], 'browser'>,
): SentenceCase => ({
  from: L10N(language),
  text: text.replace('%1$S', `${URL}?Signature=x`),
  says: { browser: 'firefox', url: URL, origin: null, ...says } as SentenceCase['says'],
});

const safari = (from: string, text: string, says: Omit<SentenceCase['says'], 'browser'>): SentenceCase => ({
  from,
  text,
  says: { browser: 'safari', ...says } as SentenceCase['says'],
});

const CHROMIUM_CASES: readonly SentenceCase[] = [
  chromium(
    "No 'Access-Control-Allow-Origin' header is present on the requested resource. If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
    { browser: 'chromium', failure: 'no_allow_origin', value: null },
  ),
  chromium(
    `${preflight}No 'Access-Control-Allow-Origin' header is present on the requested resource.`,
    { browser: 'chromium', failure: 'no_allow_origin', ofPreflight: true },
    'XMLHttpRequest',
  ),
  chromium(
    "The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed.",
    { browser: 'chromium', failure: 'several_allow_origins', value: '*, *' },
    'script',
  ),
  chromium(
    `${preflight}The 'Access-Control-Allow-Origin' header contains the invalid value 'app.example.com'.`,
    { browser: 'chromium', failure: 'invalid_allow_origin', value: 'app.example.com', ofPreflight: true },
    'font',
  ),
  chromium(
    "The 'Access-Control-Allow-Origin' header has a value 'http://b.example' that is not equal to the supplied origin. Have the server send the header with a valid value, or, if an opaque response serves your needs, set the request's mode to 'no-cors'.",
    { browser: 'chromium', failure: 'other_allow_origin', value: 'http://b.example' },
    'image',
  ),
  chromium(
    `${preflight}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'. The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.`,
    { browser: 'chromium', failure: 'wildcard_with_credentials', value: '*', ofPreflight: true },
    'XMLHttpRequest',
  ),
  chromium(
    "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'.",
    { browser: 'chromium', failure: 'no_allow_credentials', value: '' },
  ),
  chromium(`${preflight}It does not have HTTP ok status.`, {
    browser: 'chromium',
    failure: 'status',
    value: null,
    ofPreflight: true,
  }),
  chromium(`${preflight}Redirect is not allowed for a preflight request.`, {
    browser: 'chromium',
    failure: 'preflight_redirect',
    ofPreflight: true,
  }),
  chromium('Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.', {
    browser: 'chromium',
    failure: 'method',
    value: 'PUT',
    ofPreflight: true,
  }),
  chromium(
    'Request header field x-oss-date is not allowed by Access-Control-Allow-Headers in preflight response.',
    { browser: 'chromium', failure: 'header', value: 'x-oss-date', ofPreflight: true },
  ),
  chromium('Cannot parse Access-Control-Allow-Headers response header field in preflight response.', {
    browser: 'chromium',
    failure: 'invalid_list',
    value: 'Access-Control-Allow-Headers',
    ofPreflight: true,
  }),
  chromium(
    "Redirect location 'http://u:p@x/' contains a username and password, which is disallowed for cross-origin requests.",
    { browser: 'chromium', failure: 'redirect', value: null },
  ),
  chromium(
    'Cross origin requests are only supported for protocol schemes: http, data, isolated-app, chrome, https.',
    { browser: 'chromium', failure: 'not_http' },
  ),
  chromium('Cross origin requests are not allowed by request mode.', {
    browser: 'chromium',
    failure: 'request_mode',
  }),
  chromium(
    'The request client is not a secure context and the resource is in more-private address space `private`.',
    { browser: 'chromium', failure: 'local_network', value: 'private' },
  ),
  chromium('Permission was denied for this request to access the `loopback` address space.', {
    browser: 'chromium',
    failure: 'local_network',
    value: 'loopback',
  }),
  chromium(
    `${preflight}No 'Access-Control-Allow-Private-Network' header was present in the preflight response for this private network request targeting the \`local\` address space.`,
    { browser: 'chromium', failure: 'local_network', ofPreflight: true },
  ),
  chromium('A reason of a later version.', { browser: 'chromium', failure: 'unknown', ofPreflight: null }),
  {
    from: CORS_ERROR_STRING,
    text: `Access to fetch at 'https://elsewhere.example/b?x' (redirected from '${URL}?Signature=x') from origin 'null' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.`,
    says: { browser: 'chromium', failure: 'no_allow_origin', url: URL, origin: 'null', ofPreflight: false },
  },
  {
    from: CHROMIUM_BEFORE,
    text: `XMLHttpRequest cannot load ${URL}. No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin '${ORIGIN}' is therefore not allowed access. The response had HTTP status code 403.`,
    says: { browser: 'chromium', failure: 'no_allow_origin', url: URL, origin: ORIGIN },
  },
  {
    from: CHROMIUM_BEFORE,
    text: `Failed to load ${URL}: ${preflight}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'. Origin '${ORIGIN}' is therefore not allowed access.`,
    says: {
      browser: 'chromium',
      failure: 'wildcard_with_credentials',
      url: URL,
      origin: ORIGIN,
      ofPreflight: true,
    },
  },
  {
    from: CHROMIUM_BEFORE,
    text: `XMLHttpRequest cannot load ${URL}. Response for preflight has invalid HTTP status code 405`,
    says: { browser: 'chromium', failure: 'status', value: '405', url: URL, ofPreflight: true },
  },
  {
    from: CHROMIUM_BEFORE,
    text: `XMLHttpRequest cannot load ${URL}. Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is ''. It must be 'true' to allow credentials.`,
    says: { browser: 'chromium', failure: 'no_allow_credentials', value: '', url: URL },
  },
  {
    from: CHROMIUM_BEFORE,
    text: `Redirect from '${URL}' to 'https://b.example/' has been blocked by CORS policy: Request requires preflight, which is disallowed to follow cross-origin redirect.`,
    says: { browser: 'chromium', failure: 'redirect' },
  },
  {
    from: 'Chromium 156',
    text: `GET ${URL}?Signature=x net::ERR_NAME_NOT_RESOLVED`,
    says: { browser: 'chromium', failure: 'no_answer', value: 'net::ERR_NAME_NOT_RESOLVED', url: URL },
  },
  {
    from: 'Chromium 156',
    text: `GET ${URL} net::ERR_BLOCKED_BY_ORB`,
    says: { browser: 'chromium', failure: 'opaque_blocked', url: URL },
  },
  {
    from: 'Chromium 138',
    text: `Cross-Origin Read Blocking (CORB) blocked cross-origin response ${URL} with MIME type text/html.`,
    says: { browser: 'chromium', failure: 'opaque_blocked', url: URL },
  },
  {
    from: 'Chromium 156',
    text: 'Uncaught (in promise) TypeError: Failed to fetch',
    says: { browser: 'chromium', failure: 'unknown', url: null, origin: null },
  },
  {
    from: 'Chromium 156',
    text: "Uncaught SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.",
    says: { browser: 'chromium', failure: 'tainted_canvas' },
  },
  {
    from: 'Chromium 156',
    text: 'Refused to get unsafe header "x-oss-request-id"',
    says: { browser: null, failure: 'unreadable_header', value: 'x-oss-request-id' },
  },
];

const FIREFOX_CASES: readonly SentenceCase[] = [
  firefox('CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 403', {
    failure: 'no_allow_origin',
    value: '403',
    ofPreflight: null,
  }),
  firefox('CORS header ‘Access-Control-Allow-Origin’ missing)', { failure: 'no_allow_origin', value: null }),
  firefox('Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed)', {
    failure: 'several_allow_origins',
  }),
  firefox('CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://b.example’)', {
    failure: 'other_allow_origin',
    value: 'https://b.example',
  }),
  firefox('CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://a.example, *’)', {
    failure: 'several_allow_origins',
    value: 'https://a.example, *',
  }),
  firefox('CORS header ‘Access-Control-Allow-Origin’ does not match ‘(null)’)', {
    failure: 'no_allow_origin',
  }),
  firefox('Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)', {
    failure: 'wildcard_with_credentials',
    value: '*',
  }),
  firefox('expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)', {
    failure: 'no_allow_credentials',
  }),
  firefox('Did not find method in CORS header ‘Access-Control-Allow-Methods’)', {
    failure: 'method',
    ofPreflight: true,
  }),
  firefox('CORS preflight response did not succeed). Status code: 403', {
    failure: 'status',
    value: '403',
    ofPreflight: true,
  }),
  firefox('CORS preflight response did not succeed). Status code: 301', {
    failure: 'preflight_redirect',
    value: '301',
    ofPreflight: true,
  }),
  firefox('CORS preflight channel did not succeed)', { failure: 'status', value: null, ofPreflight: true }),
  firefox('CORS request external redirect not allowed)', {
    failure: 'preflight_redirect',
    ofPreflight: true,
  }),
  firefox('invalid token ‘a b’ in CORS header ‘Access-Control-Allow-Headers’)', {
    failure: 'invalid_list',
    value: 'Access-Control-Allow-Headers',
    ofPreflight: true,
  }),
  firefox(
    'header ‘x-oss-date’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response)',
    { failure: 'header', value: 'x-oss-date', ofPreflight: true },
  ),
  firefox(
    'missing token ‘x-oss-date’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel)',
    { failure: 'header', value: 'x-oss-date', ofPreflight: true },
  ),
  firefox('CORS request did not succeed). Status code: (null)', { failure: 'no_answer', value: null }),
  firefox('CORS disabled)', { failure: 'unknown' }),
  {
    from: FIREFOX,
    text: 'Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at file:///home/a/b.json. (Reason: CORS request not http).',
    says: { browser: 'firefox', failure: 'not_http', url: 'file:///home/a/b.json' },
  },
  {
    from: 'Firefox 153',
    text: 'TypeError: NetworkError when attempting to fetch resource.',
    says: { browser: 'firefox', failure: 'unknown' },
  },
  {
    from: 'Firefox 153',
    text: `The resource at “${URL}” was blocked by OpaqueResponseBlocking. Reason: “nosniff with either blocklisted or text/plain”.`,
    says: { browser: 'firefox', failure: 'opaque_blocked', url: URL },
  },
  {
    from: 'Firefox 153, and Safari',
    text: 'Uncaught SecurityError: The operation is insecure.',
    says: { browser: null, failure: 'tainted_canvas' },
  },
  {
    from: "MDN's pages, to which the console links",
    text: 'https://developer.mozilla.org/docs/Web/HTTP/CORS/Errors/CORSMissingAllowOrigin?utm_source=devtools',
    says: { browser: 'firefox', failure: 'no_allow_origin' },
  },
];

const ZH = '已拦截跨源请求：同源策略禁止读取位于 %1$S 的远程资源。';
const DE =
  'Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der externen Ressource auf %1$S. ';
const FR =
  'Blocage d’une requête multiorigine (Cross-Origin Request) : la politique « Same Origin » ne permet pas de consulter la ressource distante située sur %1$S. ';
const RU =
  'Запрос из постороннего источника заблокирован: Политика одного источника запрещает чтение удаленного ресурса на %1$S. ';
const JA =
  'クロスオリジン要求をブロックしました: 同一生成元ポリシーにより、%1$S にあるリモートリソースの読み込みは拒否されます ';

const TRANSLATED_CASES: readonly SentenceCase[] = [
  translated('zh-CN', `${ZH}（原因：CORS 头缺少 'Access-Control-Allow-Origin'）。状态码：403。`, {
    failure: 'no_allow_origin',
    value: '403',
  }),
  translated('zh-CN', `${ZH}（原因：CORS 头缺少 'Access-Control-Allow-Origin'）。`, {
    failure: 'no_allow_origin',
    value: null,
  }),
  translated('zh-CN', `${ZH}（原因：不允许有多个 'Access-Control-Allow-Origin' CORS 头）。`, {
    failure: 'several_allow_origins',
  }),
  translated('zh-CN', `${ZH}（原因：CORS 头 'Access-Control-Allow-Origin' 不匹配 'https://b.example'）。`, {
    failure: 'other_allow_origin',
    value: 'https://b.example',
  }),
  translated('zh-CN', `${ZH}（原因：凭据不支持，如果 CORS 头 ‘Access-Control-Allow-Origin’ 为 ‘*’）。`, {
    failure: 'wildcard_with_credentials',
    value: '*',
  }),
  translated('zh-CN', `${ZH}（原因：找不到 CORS 头中的 'Access-Control-Allow-Methods'）。`, {
    failure: 'method',
    ofPreflight: true,
  }),
  translated('zh-CN', `${ZH}（原因：CORS 头中的 'Access-Control-Allow-Credentials' 预期为 'true'）。`, {
    failure: 'no_allow_credentials',
  }),
  translated('zh-CN', `${ZH}（原因：CORS 预检响应未能成功）。状态码：403。`, {
    failure: 'status',
    value: '403',
    ofPreflight: true,
  }),
  translated(
    'zh-CN',
    `${ZH}（原因：CORS 预检响应的 'Access-Control-Allow-Headers'，不允许使用头 'x-oss-date'）。`,
    { failure: 'header', value: 'x-oss-date', ofPreflight: true },
  ),
  translated('zh-CN', `${ZH}（原因：CORS 头 'Access-Control-Allow-Methods' 中的令牌 'a b' 无效）。`, {
    failure: 'invalid_list',
    value: 'Access-Control-Allow-Methods',
  }),
  translated('zh-CN', `${ZH}（原因：不允许 CORS 请求外部重定向）。`, { failure: 'preflight_redirect' }),
  translated('zh-CN', `${ZH}（原因：CORS 请求未能成功）。状态码：(null)。`, { failure: 'no_answer' }),
  translated('zh-CN', `${ZH}（原因：CORS 请求不是 http）。`, { failure: 'not_http' }),
  translated('de', `${DE}(Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt). Statuscode: 200.`, {
    failure: 'no_allow_origin',
    value: '200',
  }),
  translated('de', `${DE}(Grund: CORS-Preflight-Antwort schlug fehl). Statuscode: 405.`, {
    failure: 'status',
    value: '405',
  }),
  translated(
    'de',
    `${DE}(Grund: Es darf nur ein eine CORS-Kopfzeile 'Access-Control-Allow-Origin' verwendet werden).`,
    { failure: 'several_allow_origins' },
  ),
  translated('de', `${DE}(Grund: CORS-Anfrage schlug fehl). Statuscode: (null).`, { failure: 'no_answer' }),
  translated(
    'fr',
    `${FR}Raison : l’en-tête CORS « Access-Control-Allow-Origin » est manquant. Code d’état : 200.`,
    { failure: 'no_allow_origin', value: '200' },
  ),
  translated(
    'fr',
    `${FR}Raison : l’en-tête « x-oss-date » n’est pas autorisé d’après l’en-tête « Access-Control-Allow-Headers » de la réponse de pré-vérification des requêtes CORS.`,
    { failure: 'header', value: 'x-oss-date', ofPreflight: true },
  ),
  translated('ru', `${RU}(Причина: заголовок CORS «Access-Control-Allow-Origin» не совпадает с «*, *»).`, {
    failure: 'several_allow_origins',
    value: '*, *',
  }),
  translated('ru', `${RU}(Причина: неудача ответа CORS preflight). Код состояния: 403.`, {
    failure: 'status',
    value: '403',
  }),
  translated('ja', `${JA}(理由: CORS ヘッダー ‘Access-Control-Allow-Origin’ が足りない)。`, {
    failure: 'no_allow_origin',
  }),
  translated(
    'ja',
    `${JA}(理由: CORS プリフライトチャンネルからの CORS ヘッダー ‘Access-Control-Allow-Headers’ にトークン ‘x-oss-date’ が足りない)。`,
    { failure: 'header', value: 'x-oss-date' },
  ),
];

const SAFARI_CASES: readonly SentenceCase[] = [
  safari(
    WEBKIT,
    `[Error] Origin ${ORIGIN} is not allowed by Access-Control-Allow-Origin. Status code: 200\n[Error] Fetch API cannot load ${URL}?Signature=x due to access control checks.\n[Error] Failed to load resource: Origin ${ORIGIN} is not allowed by Access-Control-Allow-Origin. Status code: 200 (b.jpg, line 0)\n[Error] Unhandled Promise Rejection: TypeError: Load failed`,
    { failure: 'origin_not_allowed', value: '200', url: URL, origin: ORIGIN, ofPreflight: null },
  ),
  safari(
    WEBKIT,
    `XMLHttpRequest cannot load ${URL}. Origin null is not allowed by Access-Control-Allow-Origin.`,
    {
      failure: 'origin_not_allowed',
      value: null,
      url: URL,
      origin: 'null',
    },
  ),
  safari(WEBKIT, 'Access-Control-Allow-Origin cannot contain more than one origin.', {
    failure: 'several_allow_origins',
  }),
  safari(WEBKIT, 'Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.', {
    failure: 'wildcard_with_credentials',
    value: '*',
  }),
  safari(WEBKIT, 'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".', {
    failure: 'no_allow_credentials',
  }),
  safari(
    WEBKIT,
    `[Error] Preflight response is not successful. Status code: 403\n[Error] Fetch API cannot load ${URL} due to access control checks.\n[Error] Failed to load resource: Preflight response is not successful. Status code: 403 (b.jpg, line 0)`,
    { failure: 'status', value: '403', url: URL, ofPreflight: true },
  ),
  safari(WEBKIT, 'Preflight response is not successful. Status code: 302', {
    failure: 'preflight_redirect',
    value: '302',
    ofPreflight: true,
  }),
  safari('openradar-mirror issue 19910', 'Preflight response is not successful', {
    failure: 'status',
    value: null,
    ofPreflight: true,
  }),
  safari(WEBKIT_CACHE, 'Method PUT is not allowed by Access-Control-Allow-Methods.', {
    failure: 'method',
    value: 'PUT',
    ofPreflight: true,
  }),
  safari(
    'adamchainz/django-cors-headers issue 26',
    `[Error] XMLHttpRequest cannot load ${URL}. Request header field Accept-Encoding is not allowed by Access-Control-Allow-Headers. (localhost, line 0)`,
    { failure: 'header', value: 'Accept-Encoding', url: URL, ofPreflight: true },
  ),
  safari(WEBKIT_CACHE, 'Header Access-Control-Allow-Methods has an invalid value: PUT;', {
    failure: 'invalid_list',
    value: 'Access-Control-Allow-Methods',
    ofPreflight: true,
  }),
  safari(
    WEBKIT_LOADER,
    'Cross-origin redirection to ftp://x/ denied by Cross-Origin Resource Sharing policy: not allowed to follow a cross-origin CORS redirection with non CORS scheme',
    { failure: 'redirect' },
  ),
  safari(
    WEBKIT_LOADER,
    `Cross-origin redirection to https://b.example/ denied by Cross-Origin Resource Sharing policy: Origin ${ORIGIN} is not allowed by Access-Control-Allow-Origin. Status code: 302`,
    { failure: 'origin_not_allowed', value: '302', origin: ORIGIN },
  ),
  safari(WEBKIT_CHECKER, `Not allowed to follow a redirection while loading ${URL}`, { failure: 'redirect' }),
  safari(
    'WebKit/WebKit Source/WebCore/dom/LoadableClassicScript.cpp',
    'TypeError: Cross-origin script load denied by Cross-Origin Resource Sharing policy.',
    { failure: 'origin_not_allowed' },
  ),
  safari(
    'WebKit/WebKit Source/WebCore/loader/ThreadableLoader.cpp',
    `Fetch API cannot load ${URL}?Signature=x due to access control checks.`,
    { failure: 'unknown', url: URL },
  ),
  safari(
    'WebKit/WebKit Source/WebCore/Modules/beacon/NavigatorBeacon.cpp',
    `Beacon API cannot load ${URL} due to access control checks.`,
    {
      failure: 'unknown',
      url: URL,
    },
  ),
  safari('supabase/supabase issue 20982', 'TypeError: Load failed', { failure: 'unknown' }),
  safari('WebKit before 2019', 'Cross origin requests are only supported for HTTP.', { failure: 'not_http' }),
  safari(
    'a console excerpt in a public repository',
    '[Error] A server with the specified hostname could not be found.',
    { failure: 'no_answer' },
  ),
];

export const SENTENCES: readonly SentenceCase[] = [
  ...CHROMIUM_CASES,
  ...FIREFOX_CASES,
  ...TRANSLATED_CASES,
  ...SAFARI_CASES,
];
