import { combined } from '../analysis/browser/check.ts';
import type { PageHeader } from '../analysis/browser/safelist.ts';
import * as names from '../cors/names.ts';
import type { Fault, Result } from '../document/fault.ts';
import { type CopiedRequest, copiedRequest, isSameOrigin, type Recorded } from './request.ts';

/** In bytes. */
export const MAX_HAR_BYTES = 32 * 1_048_576;
/** Most kinds of requests that one call explains. */
const MAX_REQUESTS = 50;

/** A kind of cross-origin request in a recording: same origin, method, headers, credentials, and same CORS headers in return. */
export interface RecordedRequest extends CopiedRequest {
  /** How many such requests the recording has. The URL and the answers are those of the first. */
  readonly times: number;
  /** Null if the recording has no answer: a browser that blocks one may record none. */
  readonly answer: Recorded | null;
  /** Null without a recorded preflight. */
  readonly preflight: Recorded | null;
}

export interface Recording {
  readonly requests: readonly RecordedRequest[];
  /** How many kinds are left out, above the limit. */
  readonly left: number;
}

interface Entry {
  readonly isPreflight: boolean;
  readonly request: CopiedRequest;
  readonly answer: Recorded | null;
}

/**
 * Reads the cross-origin requests of a recording (HAR 1.2), each kind once; `part` selects those whose URL contains it.
 * Requests of several hosts are a fault without it: one rule set answers for one bucket.
 */
export function readHar(text: string, place: string, part: string | null): Result<Recording> {
  const refused = (reason: string, write: string): { ok: false; faults: readonly Fault[] } => ({
    ok: false,
    faults: [{ place, reason, write }],
  });
  const entries = entriesOf(text);
  if (entries === null) {
    return refused(
      'is not a HAR file: it has no log.entries',
      'a file that "Save all as HAR" of DevTools writes',
    );
  }
  const read = entries
    .flatMap((one) => entryOf(one, part) ?? [])
    .filter(({ request }) => !isSameOrigin(request));
  if (read.length === 0) {
    return refused(
      `has no cross-origin request${part === null ? '' : ' whose URL contains the text of --url'}`,
      'a recording of the failing page, or --curl with the copied request',
    );
  }
  const hosts = [...new Set(read.map(({ request }) => new URL(request.url).host))];
  if (part === null && hosts.length > 1) {
    const shown = hosts.slice(0, 10).join(', ');
    return refused(`has cross-origin requests to ${hosts.length} hosts: ${shown}`, `--url ${hosts[0]}`);
  }
  const requests = kindsOf(read);
  return {
    ok: true,
    value: { requests: requests.slice(0, MAX_REQUESTS), left: Math.max(0, requests.length - MAX_REQUESTS) },
  };
}

function kindsOf(entries: readonly Entry[]): readonly RecordedRequest[] {
  const preflights = entries.filter(({ isPreflight }) => isPreflight);
  const actual = entries.filter(({ isPreflight }) => !isPreflight);
  const keyOf = ({ url, origin, method }: CopiedRequest) => JSON.stringify([url, origin, method]);
  const asking = new Map(preflights.map((entry) => [keyOf(entry.request), entry]));
  const followed = new Set(actual.map(({ request }) => keyOf(request)));
  // A preflight that was refused is followed by no request.
  const alone = preflights.filter(({ request }) => !followed.has(keyOf(request)));
  const all = [...actual, ...alone].map(
    ({ isPreflight, request, answer }): Omit<RecordedRequest, 'times'> => {
      const preflight = isPreflight ? undefined : asking.get(keyOf(request));
      return {
        ...request,
        asked: preflight?.request.asked ?? request.asked,
        answer: isPreflight ? null : answer,
        preflight: isPreflight ? answer : (preflight?.answer ?? null),
      };
    },
  );
  const kinds = Map.groupBy(all, ({ origin, method, asked, credentials, answer, preflight }) =>
    // A request that a browser blocked once is another kind than one that passed.
    JSON.stringify([
      origin,
      method,
      asked,
      credentials,
      outcomeOf(answer),
      outcomeOf(preflight),
      preflight?.status,
    ]),
  );
  return [...kinds.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, times: others.length + 1 }],
  );
}

const outcomeOf = (recorded: Recorded | null) =>
  recorded && [
    combined(recorded.headers, names.ALLOW_ORIGIN),
    combined(recorded.headers, names.ALLOW_CREDENTIALS),
    combined(recorded.headers, names.ALLOW_HEADERS),
  ];

function entriesOf(text: string): readonly unknown[] | null {
  try {
    const har: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    const entries = member(member(har, 'log'), 'entries');
    return Array.isArray(entries) ? entries : null;
  } catch {
    return null;
  }
}

/** Null for an entry that is no CORS request. */
function entryOf(entry: unknown, part: string | null): Entry | null {
  const sent = member(entry, 'request');
  const target = textOf(member(sent, 'url'));
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol) || (part !== null && !target.includes(part)))
    return null;
  const headers = pairsOf(member(sent, 'headers'));
  const mode = headers.find(([name]) => name.toLowerCase() === 'sec-fetch-mode')?.[1];
  if (mode === 'navigate' || mode === 'no-cors' || mode === 'websocket') return null;
  const method = textOf(member(sent, 'method'));
  const cookies = member(sent, 'cookies');
  const credentials = Array.isArray(cookies) && cookies.length > 0;
  const copied = copiedRequest({ method, url, headers, credentials });
  const answer = answerOf(member(entry, 'response'));
  const origin = copied.origin ?? (answer === null && isScripted(entry) ? copied.referrer : null);
  if (origin === null || copied.method === '' || copied.method === 'OPTIONS') return null;
  return { isPreflight: method === 'OPTIONS', request: { ...copied, origin }, answer };
}

/** Chromium records a blocked request of a script without its Origin. Other kinds without Origin are no CORS requests. */
const isScripted = (entry: unknown): boolean =>
  /^(?:fetch|xhr)$/.test(textOf(member(entry, '_resourceType')));

function answerOf(response: unknown): Recorded | null {
  const status = member(response, 'status');
  return typeof status === 'number' && status > 0
    ? { status, headers: pairsOf(member(response, 'headers')).map(([name, value]) => [name, value ?? '']) }
    : null;
}

/** HTTP/2's pseudo-headers, which Chromium records, are left out. */
function pairsOf(headers: unknown): readonly PageHeader[] {
  if (!Array.isArray(headers)) return [];
  return headers.flatMap((one): PageHeader[] => {
    const name = textOf(member(one, 'name'));
    return name === '' || name.startsWith(':') ? [] : [[name, textOf(member(one, 'value'))]];
  });
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
