import type { Failure } from '../../src/analysis/browser/check.ts';

type Headers = Readonly<Record<string, string>>;

/** A page's request and the answers of a server. `PAGE` in a value stands for the page's origin. */
export interface BrowserCase {
  readonly name: string;
  /** As the page writes it. */
  readonly method: string;
  readonly headers: Headers;
  readonly credentials: boolean;
  readonly preflight: { readonly status: number; readonly headers: Headers };
  readonly actual: Headers;
  /** Access-Control-Request-Headers of the preflight; null if no preflight is sent, '' if it asks for no header. */
  readonly asked: string | null;
  /** Null: the page gets the answer. */
  readonly failure: Failure | null;
  /** Which of ETag, X-One and Cache-Control the page can read. */
  readonly readable: readonly string[];
  /** What the page can read in Chromium, where Chromium deviates from the Fetch standard. */
  readonly chromium?: readonly string[];
}

const SAME = { 'Access-Control-Allow-Origin': 'PAGE' };
const ANY = { 'Access-Control-Allow-Origin': '*' };
const COOKIES = { ...SAME, 'Access-Control-Allow-Credentials': 'true' };
const METHODS = 'Access-Control-Allow-Methods';
const NAMES = 'Access-Control-Allow-Headers';
const EXPOSE = 'Access-Control-Expose-Headers';

const one = (name: string, about: Partial<BrowserCase>): BrowserCase => ({
  name,
  method: 'GET',
  headers: {},
  credentials: false,
  preflight: { status: 200, headers: about.actual ?? SAME },
  actual: SAME,
  asked: null,
  failure: null,
  readable: about.failure === undefined ? ['cache-control'] : [],
  ...about,
});

const put = (name: string, headers: Headers, about: Partial<BrowserCase> = {}): BrowserCase =>
  one(name, { method: 'PUT', asked: '', preflight: { status: 200, headers }, ...about });

const asking = (
  name: string,
  headers: Headers,
  asked: string,
  about: Partial<BrowserCase> = {},
): BrowserCase =>
  one(name, { headers, asked, preflight: { status: 200, headers: { ...ANY, [NAMES]: asked } }, ...about });

/** Each is judged by `judge`, and played in Chromium. */
export const BROWSER_CASES: readonly BrowserCase[] = [
  one('the origin of the page', {}),
  one('any origin', { actual: ANY }),
  one('no Allow-Origin', { actual: {}, failure: 'no_allow_origin' }),
  one('another origin', {
    actual: { ...ANY, 'Access-Control-Allow-Origin': 'https://b.example' },
    failure: 'other_allow_origin',
  }),
  one('a slash behind the origin', {
    actual: { 'Access-Control-Allow-Origin': 'PAGE/' },
    failure: 'other_allow_origin',
  }),
  one('two origins', {
    actual: { 'Access-Control-Allow-Origin': 'PAGE, https://b.example' },
    failure: 'several_allow_origins',
  }),
  one('the same origin twice', {
    actual: { 'Access-Control-Allow-Origin': 'PAGE, PAGE' },
    failure: 'several_allow_origins',
  }),
  one('cookies with *', { credentials: true, actual: ANY, failure: 'wildcard_with_credentials' }),
  one('cookies with * and Allow-Credentials', {
    credentials: true,
    actual: { ...ANY, 'Access-Control-Allow-Credentials': 'true' },
    failure: 'wildcard_with_credentials',
  }),
  one('cookies without Allow-Credentials', { credentials: true, failure: 'no_allow_credentials' }),
  one('cookies with Allow-Credentials', { credentials: true, actual: COOKIES }),
  one('cookies with Allow-Credentials: True', {
    credentials: true,
    actual: { ...SAME, 'Access-Control-Allow-Credentials': 'True' },
    failure: 'no_allow_credentials',
  }),
  one('a HEAD', { method: 'HEAD' }),
  one('a method in lower case', { method: 'get' }),
  one('a POST of text', { method: 'POST', headers: { 'Content-Type': 'text/plain; charset=utf-8' } }),
  ...['TRACE', 'TRACK', 'CONNECT', 'trace'].map((method) =>
    one(`the method ${method}`, { method, headers: { 'X-A': '1' }, failure: 'forbidden_method' }),
  ),
  put('a PUT that is allowed', { ...SAME, [METHODS]: 'GET, PUT' }),
  put('a PUT with a 204', {}, { preflight: { status: 204, headers: { ...ANY, [METHODS]: 'PUT' } } }),
  put(
    'a PUT that is refused with headers',
    {},
    { preflight: { status: 403, headers: { ...SAME, [METHODS]: 'PUT' } }, failure: 'status' },
  ),
  put(
    'a PUT that is refused without headers',
    {},
    { preflight: { status: 403, headers: {} }, failure: 'no_allow_origin' },
  ),
  put('a PUT that is not listed', { ...SAME, [METHODS]: 'GET' }, { failure: 'method' }),
  put('a PUT without Allow-Methods', SAME, { failure: 'method' }),
  put('a PUT in lower case that is allowed', { ...SAME, [METHODS]: 'PUT' }, { method: 'put' }),
  put('a PUT with methods in lower case', { ...SAME, [METHODS]: 'put' }, { failure: 'method' }),
  put('a PATCH in lower case', { ...SAME, [METHODS]: 'PATCH' }, { method: 'patch', failure: 'method' }),
  put('a PUT with the methods *', { ...SAME, [METHODS]: '*' }),
  put(
    'a PUT with cookies and the methods *',
    { ...COOKIES, [METHODS]: '*' },
    { credentials: true, failure: 'method' },
  ),
  put('a PUT with cookies', { ...COOKIES, [METHODS]: 'PUT' }, { credentials: true, actual: COOKIES }),
  put(
    'a PUT whose answer has no Allow-Origin',
    { ...SAME, [METHODS]: 'PUT' },
    { actual: {}, failure: 'no_allow_origin' },
  ),
  asking('JSON', { 'Content-Type': 'application/json' }, 'content-type'),
  asking('a long Accept', { Accept: 'a'.repeat(129) }, 'accept'),
  asking('an Accept with a colon', { Accept: 'text/a:b' }, 'accept'),
  asking('several headers', { 'X-B': '1', 'x-a': '2', 'Content-Type': 'text/plain' }, 'x-a,x-b'),
  asking(
    'many safelisted bytes',
    {
      Accept: 'a'.repeat(128),
      'Content-Language': 'b'.repeat(128),
      'Accept-Language': 'c'.repeat(128),
      'X-A': '1',
    },
    'x-a',
  ),
  asking('If-Match', { 'If-Match': '"e"' }, 'if-match'),
  asking('a header that is not listed', { 'X-A': '1' }, 'x-a', {
    preflight: { status: 200, headers: { ...ANY, [NAMES]: 'x-b' } },
    failure: 'header',
  }),
  asking('a header without Allow-Headers', { 'X-A': '1' }, 'x-a', {
    preflight: { status: 200, headers: ANY },
    failure: 'header',
  }),
  asking('a header listed in capitals', { 'X-A': '1' }, 'x-a', {
    preflight: { status: 200, headers: { ...ANY, [NAMES]: 'X-A' } },
  }),
  asking('a header and the headers *', { 'X-A': '1' }, 'x-a', {
    preflight: { status: 200, headers: { ...ANY, [NAMES]: '*' } },
  }),
  asking('Authorization and the headers *', { Authorization: 'a' }, 'authorization', {
    preflight: { status: 200, headers: { ...ANY, [NAMES]: '*' } },
    failure: 'header',
    chromium: ['cache-control'],
  }),
  asking('a header with cookies and the headers *', { 'X-A': '1' }, 'x-a', {
    credentials: true,
    preflight: { status: 200, headers: { ...COOKIES, [NAMES]: '*' } },
    actual: COOKIES,
    failure: 'header',
  }),
  asking('headers that are no list of names', { 'X-A': '1' }, 'x-a', {
    preflight: { status: 200, headers: { ...ANY, [NAMES]: 'x-a, x b' } },
    failure: 'invalid_list',
  }),
  asking('a POST of JSON', { 'Content-Type': 'application/json' }, 'content-type', { method: 'POST' }),
  one('a range from a start', { headers: { Range: 'bytes=0-9' } }),
  one('a range without an end', { headers: { Range: 'bytes=5-' } }),
  asking('a range of the end', { Range: 'bytes=-5' }, 'range'),
  asking('two ranges', { Range: 'bytes=0-1,3-4' }, 'range'),
  one('exposed headers', {
    actual: { ...SAME, [EXPOSE]: 'etag, X-One' },
    readable: ['cache-control', 'etag', 'x-one'],
  }),
  one('all headers exposed', {
    actual: { ...SAME, [EXPOSE]: '*' },
    readable: ['cache-control', 'etag', 'x-one'],
  }),
  one('all headers exposed and cookies', { credentials: true, actual: { ...COOKIES, [EXPOSE]: '*' } }),
];
