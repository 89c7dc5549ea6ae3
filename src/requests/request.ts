import type { HeaderPairs } from '../analysis/browser/check.ts';
import { askedNames, type PageHeader, sentMethod } from '../analysis/browser/safelist.ts';
import { requestedNames } from '../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';

/** A page's request from a command or a recording. It has names of headers and no value but the origin: values are secrets. */
export interface CopiedRequest {
  readonly origin: string | null;
  /** The origin of the page by its Referer: browsers show a blocked request without Origin. */
  readonly referrer: string | null;
  readonly method: string;
  /** Without user, password, query and fragment, which may be secrets. */
  readonly url: string;
  /** What a preflight asks for. */
  readonly asked: readonly string[];
  /** Names that a preflight would ask for if the page has set them; more often the browser has. */
  readonly added: readonly string[];
  readonly credentials: boolean;
}

/** A recorded answer. */
export interface Recorded {
  readonly status: number;
  readonly headers: HeaderPairs;
}

/** A page could set these too: DevTools and the HTTP cache add them to requests of their own accord. */
const PERHAPS_OWN = new Set(['cache-control', 'pragma', 'if-none-match', 'if-modified-since']);
/**
 * Not forbidden to pages, but the browser's own. Firefox adds Alt-Used (RFC 7838), Chromium adds the names of compression
 * dictionaries (RFC 9842) and those that begin with `x-`. TE, DNT and Sec-GPC are forbidden, as all of Sec- are.
 */
const BROWSERS_OWN = new Set([
  'user-agent',
  'priority',
  'upgrade-insecure-requests',
  'save-data',
  'alt-used',
  'available-dictionary',
  'dictionary-id',
  'x-client-data',
  'x-browser-channel',
  'x-browser-copyright',
  'x-browser-validation',
  'x-browser-year',
]);

const isBrowsers = (name: string): boolean => BROWSERS_OWN.has(name) || PERHAPS_OWN.has(name);

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly PageHeader[];
  readonly credentials: boolean;
}

/** Reads a request as it was sent. A copied preflight stands for the request that it asks about. */
export function copiedRequest({ method, url, headers, credentials }: Sent): CopiedRequest {
  const value = (name: string) => headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? null;
  const asksAbout = method === 'OPTIONS' ? value(REQUEST_METHOD) : null;
  const own = headers.filter(([name]) => !isBrowsers(name.toLowerCase()));
  return {
    origin: value(ORIGIN),
    referrer: URL.parse(value('referer') ?? '')?.origin ?? null,
    method: asksAbout ?? sentMethod(method),
    url: `${url.origin}${url.pathname}`,
    asked: asksAbout === null ? askedNames(own) : requestedNames(value(REQUEST_HEADERS)),
    added: asksAbout === null ? addedOf(headers) : [],
    credentials: credentials || value('cookie') !== null,
  };
}

const addedOf = (headers: readonly PageHeader[]): readonly string[] =>
  [...new Set(headers.map(([name]) => name.toLowerCase()))].filter((name) => PERHAPS_OWN.has(name)).sort();

/** Whether a page asks its own origin, so that CORS does not apply. */
export const isSameOrigin = ({ origin, url }: Pick<CopiedRequest, 'origin' | 'url'>): boolean =>
  origin !== null && new URL(url).origin === origin;
