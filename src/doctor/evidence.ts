import { CORS_PREFIX } from '../cors/names.ts';
import { cachedOf } from './cached.ts';
import type { Evidence } from './finding.ts';
import type { Answered, Exchange } from './transcript.ts';

/** Most characters of a line that is shown. */
const MAX_LINE = 200;
/** Most lines of an answer that are shown. */
const MAX_LINES = 24;
/** Request headers that an experiment is about. */
const ASKED = /^(?:origin|access-control-.*|range|if-none-match)$/i;

/**
 * The lines of an answer that count: the status, CORS headers, Vary, those of caches, and others by name. `missing` are names
 * whose absence counts.
 */
export function evidenceOf(
  answered: Answered,
  missing: readonly string[] = [],
  others: readonly string[] = [],
): Evidence {
  const { received } = answered;
  const cached = new Set(cachedOf(answered).lines.map(([name]) => name.toLowerCase()));
  const wanted = new Set(['vary', 'location', ...others.map((name) => name.toLowerCase()), ...cached]);
  const lines = received.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return lower.startsWith(CORS_PREFIX) || wanted.has(lower);
  });
  const has = (name: string) => received.headers.some(([one]) => one.toLowerCase() === name.toLowerCase());
  return {
    request: answered.number,
    sent: sentLine(answered),
    lines: [
      received.line,
      ...lines.slice(0, MAX_LINES).map(([name, value]) => lineOf(name, value)),
      ...missing.filter((name) => !has(name)).map((name) => `(no ${name})`),
    ],
  };
}

/** `GET /photo.jpg, Origin: https://app.example`. A query may be a signature: only its own parameter is shown. */
export function sentLine({ sent }: Exchange): string {
  const headers = sent.headers
    .filter(([name]) => ASKED.test(name))
    .map(([name, value]) => lineOf(name, value));
  return [`${sent.method} ${shownTarget(sent.url)}`, ...(headers.length > 0 ? headers : ['no Origin'])].join(
    ', ',
  );
}

/** The path, and of the query only the parameters of experiments. The words that no cache has seen are cut. */
export function shownTarget(url: string): string {
  const { pathname, search } = new URL(url);
  const path = pathname.replace(/(bucket-cors-doctor-)\w+(\d)(?=\.|$)/, '$1…$2');
  if (search === '') return path;
  const [own, name, number] = /[?&](bucket-cors-doctor=|acl$)(?:\w+(\d))?$/.exec(search) ?? [];
  if (own === undefined) return `${path}?…`;
  const others = search.length > own.length ? '…&' : '';
  return `${path}?${others}${name}${number === undefined ? '' : `…${number}`}`;
}

const lineOf = (name: string, value: string): string => {
  const line = `${name}: ${withoutQuery(name, value)}`;
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
};

/** The address of a redirect may have a signature in its query. */
const withoutQuery = (name: string, value: string): string =>
  name.toLowerCase() === 'location' ? value.replace(/[?#].*$/s, '?…').replace(/\/\/[^/]*@/, '//…@') : value;
