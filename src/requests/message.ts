import type { BrowserMessage } from './browser-message.ts';
import { translatedReason } from './message-translated.ts';
import type { FoundReason, SaidReason } from './said.ts';
import { REASONS } from './sentences.ts';

export type { BrowserMessage, MessageBrowser, MessageFailure } from './browser-message.ts';

/** Characters that are read: an excerpt of a console, not a whole log. */
const READ = 65_536;
/** Characters of a value. */
const VALUE = 300;

/**
 * Reads the first sentence of a text that a browser prints about CORS, with the quotes, entities, line numbers and line
 * breaks that it got on the way; null if it knows no sentence in the text. A sentence that says why comes before one that
 * does not.
 */
export function readMessage(text: string): BrowserMessage | null {
  const quoted = plainOf(text.slice(0, READ));
  const straight = quoted.replace(/[‘’‚‛′`´“”„″"]/g, "'");
  const found = REASONS.flatMap((reason) => reasonIn(straight, reason) ?? []);
  const said = firstOf(found.filter(({ reason }) => reason.saysWhy !== false));
  const isEnglish = found.some(({ reason }) => reason.browser === 'firefox');
  const first = said ?? (isEnglish ? null : translatedReason(quoted)) ?? firstOf(found);
  return first === null ? null : messageOf(straight, first);
}

const firstOf = (found: readonly FoundReason[]): FoundReason | null =>
  found.reduce<FoundReason | null>((first, one) => (first === null || one.at < first.at ? one : first), null);

function reasonIn(text: string, reason: SaidReason): FoundReason | null {
  const found = reason.pattern.exec(text);
  if (found === null) return null;
  const value = found[1]?.slice(0, VALUE) ?? null;
  return { at: found.index, reason, value };
}

function messageOf(text: string, { at, reason, value }: FoundReason): BrowserMessage {
  const isRedirect = reason.failure === 'status' && value !== null && /^3\d\d$/.test(value);
  return {
    browser: reason.browser,
    failure: isRedirect ? 'preflight_redirect' : (reason.failureOf?.(value ?? '') ?? reason.failure),
    url: urlIn(text, at, reason.browser === 'firefox'),
    origin: originIn(text, at),
    value: value ?? reason.value ?? null,
    ofPreflight: reason.ofPreflight ?? preflightIn(text, at),
  };
}

/** Chromium says before the reason whose answer failed. */
function preflightIn(text: string, at: number): boolean | null {
  const before = text.slice(Math.max(0, at - 250), at);
  const blocked = before.lastIndexOf('has been blocked by CORS policy');
  if (before.lastIndexOf('Response to preflight request') > blocked) return true;
  return blocked < 0 ? null : false;
}

/** Where sentences have the URL, the one of the page's request first. */
const URLS: readonly RegExp[] = [
  /\(redirected from '([^'\s]{1,4000})'\)/,
  /Access to [\w ]{1,40} at '([^'\s]{1,4000})' from origin/,
  /the remote resource at '?([a-z][a-z0-9+.-]{0,20}:[^\s']{1,4000})/,
  /(?:XMLHttpRequest|Fetch API|EventSource|Beacon API) cannot load ([a-z][a-z0-9+.-]{0,20}:[^\s']{1,4000})/,
  /Failed to load (https?:[^\s']{1,4000})/,
  /\(CORB\) blocked cross-origin response ([^\s']{1,4000})/,
  /may not load (?:data from|or link to) ([a-z][a-z0-9+.-]{0,20}:[^\s']{1,4000})/,
  /dynamically imported module: ([^\s']{1,4000})/,
  /The resource at '([^'\s]{1,4000})' was blocked by OpaqueResponseBlocking/,
  /(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (https?:[^\s']{1,4000}) (?:net::|\d{3} )/,
];

function urlIn(text: string, at: number, isFirefox: boolean): string | null {
  const around = text.slice(Math.max(0, at - 9_000), at + 9_000);
  const found = URLS.map((pattern) => pattern.exec(around)?.[1]).find((url) => url !== undefined);
  const url = URL.parse((found ?? (isFirefox ? lastUrlBefore(text, at) : '')).replace(/[.,:;]$/, ''));
  if (url === null) return null;
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** In a translated sentence of Firefox the URL stands before the reason, and the words around it are unknown. */
function lastUrlBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 5_000), at);
  return before.match(/https?:\/\/[^\s'«»]{1,4000}/g)?.at(-1) ?? '';
}

const ORIGINS: readonly RegExp[] = [
  /from origin '([^'\s]{1,300})' has been blocked/,
  /Origin '?([^'\s]{1,300}?)'? is (?:therefore )?not allowed (?:access|by Access-Control-Allow-Origin)/,
  /not same as the request origin ([^'\s]{1,300}?)\.?(?: |$)/,
];

function originIn(text: string, at: number): string | null {
  const around = text.slice(Math.max(0, at - 9_000), at + 9_000);
  const found = ORIGINS.map((pattern) => pattern.exec(around)?.[1]).find((origin) => origin !== undefined);
  return found !== undefined && /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^/\s]+)$/.test(found) ? found : null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  ldquo: '“',
  lsquo: '‘',
  lt: '<',
  nbsp: ' ',
  quot: '"',
  rdquo: '”',
  rsquo: '’',
};

/** The text on one line, without the escapes of HTML. */
const plainOf = (text: string): string =>
  text
    .replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|([a-z]{2,5}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/\s+/g, ' ');
