/** A request header of a page; `value` is null if only its name is known. */
export type PageHeader = readonly [name: string, value: string | null];

/** Most bytes of safelisted values together (Fetch standard, "CORS-unsafe request-header names"). */
const MAX_SAFE_BYTES = 1_024;
const MAX_VALUE_BYTES = 128;

/** Methods that need no preflight (Fetch standard, "CORS-safelisted method"). */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];
export const isSafeMethod = (method: string): boolean => SAFE_METHODS.includes(method);

/** Whether scripts cannot send the method, in any case of letters (Fetch standard, "forbidden method"). */
export const isForbiddenMethod = (method: string): boolean => /^(?:connect|trace|track)$/i.test(method);

const NORMALIZED: readonly string[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

/** Returns the method that a browser sends for the one that a page wrote (Fetch standard, "normalize a method"). */
export function sentMethod(method: string): string {
  const upper = method.toUpperCase();
  return NORMALIZED.includes(upper) ? upper : method;
}

/** Response headers that every script can read (Fetch standard, "CORS-safelisted response-header name"). */
export const ALWAYS_READABLE: readonly string[] = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];

/** Response headers that no script can read (Fetch standard, "forbidden response-header name"). */
export const NEVER_READABLE: readonly string[] = ['set-cookie', 'set-cookie2'];

/** Fetch standard, "forbidden request-header": pages cannot set these. */
const FORBIDDEN = new Set([
  'accept-charset',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'access-control-request-private-network',
  'connection',
  'content-length',
  'cookie',
  'cookie2',
  'date',
  'dnt',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'referer',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Whether a page cannot set a request header, so that no preflight asks for it. `name` is in lower case. */
export const isForbidden = (name: string): boolean => FORBIDDEN.has(name) || /^(?:proxy|sec)-/.test(name);

/**
 * Returns the names that a preflight asks for in Access-Control-Request-Headers: in lower case, sorted, without duplicates
 * (Fetch standard, "CORS-unsafe request-header names"). Without a value, Content-Type and Range count as not safelisted, and
 * Accept, Accept-Language and Content-Language as safelisted.
 */
export function askedNames(headers: readonly PageHeader[]): readonly string[] {
  const asked = new Set<string>();
  const safe: string[] = [];
  let bytes = 0;
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (isForbidden(name)) continue;
    if (isSafe(name, value)) {
      safe.push(name);
      bytes += value === null ? 0 : bytesOf(value);
    } else asked.add(name);
  }
  if (bytes > MAX_SAFE_BYTES) for (const name of safe) asked.add(name);
  return [...asked].sort();
}

/** Fetch standard, "CORS-safelisted request-header". */
function isSafe(name: string, value: string | null): boolean {
  if (value === null) return name === 'accept' || name === 'accept-language' || name === 'content-language';
  if (bytesOf(value) > MAX_VALUE_BYTES) return false;
  switch (name) {
    case 'accept':
      return !UNSAFE.test(value);
    case 'accept-language':
    case 'content-language':
      return /^[0-9A-Za-z *,.;=-]*$/.test(value);
    case 'content-type':
      return !UNSAFE.test(value) && SAFE_TYPES.includes(essenceOf(value));
    case 'range':
      return isSingleRange(value);
    default:
      return false;
  }
}

/** Fetch standard, "CORS-unsafe request-header byte". */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the standard lists these bytes.
const UNSAFE = /[\x00-\x08\x0a-\x1f"():<>?@[\\\]{}\x7f]/;

const SAFE_TYPES: readonly string[] = [
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
];

const essenceOf = (value: string): string => (value.split(';')[0] ?? '').trim().toLowerCase();

/** Fetch standard, "single range header value", with a start: `bytes=-500` is not safelisted. */
function isSingleRange(value: string): boolean {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(value) ?? [];
  return start !== undefined && (!end || Number(start) <= Number(end));
}

const bytesOf = (value: string): number => new TextEncoder().encode(value).length;
