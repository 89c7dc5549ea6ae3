import type { HeaderPairs } from '../analysis/browser/check.ts';
import { DOCTOR_ORIGIN } from '../cors/names.ts';
import { type Fresh, isPreflighted, isSigned, type Question } from './question.ts';
import { type Answered, headerOf, type Sent, type Step, type Transcript } from './transcript.ts';

/** Most requests of an examination. */
export const MAX_REQUESTS = 20;

/** One request of an examination. */
export interface Experiment {
  readonly step: Step;
  /** Null if what came before leaves nothing to ask. */
  readonly sent: (before: Transcript) => Sent | null;
}

/** What each request is, for a person. */
export const ABOUT: Readonly<Record<Step, string>> = {
  page: 'GET as the page sends it',
  page_again: 'the same again',
  plain: 'GET of a fresh URL without Origin',
  plain_again: 'the same again',
  with: 'the fresh URL with the Origin',
  with_again: 'the same again',
  other: 'the fresh URL with another Origin',
  other_again: 'the same again',
  past: 'GET of a second fresh URL',
  past_other: 'the same with another Origin',
  preflight: 'the preflight',
  preflight_again: 'the same again',
  preflight_other: 'the preflight of another Origin',
  head: 'HEAD',
  range: 'GET with Range',
  range_coded: 'the same, compression accepted',
  unchanged: 'GET if the object has changed',
  failed: 'GET of what a store refuses',
  missing: 'GET of a missing object',
  missing_other: 'another one with another Origin',
};

/** What a browser sends with a fetch, beside Origin. */
const ACCEPT = ['Accept', '*/*'] as const;
const CODINGS = ['Accept-Encoding', 'gzip, deflate, br, zstd'] as const;
/** A browser asks for a part of the object's own bytes (Fetch standard, "HTTP-network-or-cache fetch", Range). */
const IDENTITY = ['Accept-Encoding', 'identity'] as const;
const FIRST_BYTE = ['Range', 'bytes=0-0'] as const;
/** A store gives no anonymous client the ACL of an object: it answers 403, and changes nothing. */
const REFUSED_QUERY = 'acl';

/**
 * The requests that examine a URL, in the order in which a cache would be poisoned. The page's own request is first, so
 * that no experiment changes what it meets. The sequence without Origin, with it, with another one plays on a URL with a
 * parameter of its own: what a cache stores then is not what pages ask for. No request changes an object.
 */
export function planOf(question: Question, fresh: Fresh): readonly Experiment[] {
  const { url } = question;
  const own = ['Origin', question.origin] as const;
  const other = ['Origin', DOCTOR_ORIGIN] as const;
  const [first, second] = isSigned(question)
    ? [url, null]
    : [withParameter(url, fresh.first), withParameter(url, fresh.second)];
  const get = (to: string | null, ...headers: HeaderPairs) =>
    always(to === null ? null : { method: 'GET', url: to, headers: [...headers, ACCEPT, CODINGS] });
  const ask = (step: Step, sent: Experiment['sent']): Experiment => ({ step, sent });
  return [
    ask('page', get(url, own)),
    ask('page_again', get(url, own)),
    ask('plain', get(first)),
    ask('plain_again', get(first)),
    ask('with', get(first, own)),
    ask('with_again', get(first, own)),
    ask('other', get(first, other)),
    ask('other_again', get(first, other)),
    ask('past', get(second, own)),
    ask('past_other', get(second, other)),
    ...preflightsOf(question, own, other),
    ask('head', always({ method: 'HEAD', url, headers: [own, ACCEPT, CODINGS] })),
    ask('range', always({ method: 'GET', url, headers: [own, FIRST_BYTE, ACCEPT, IDENTITY] })),
    ask('range_coded', always({ method: 'GET', url, headers: [own, FIRST_BYTE, ACCEPT, CODINGS] })),
    ask('unchanged', (before) => revalidation(question, own, before)),
    ask('failed', get(isSigned(question) ? null : withQuery(url, REFUSED_QUERY), own)),
    ask('missing', get(besideOf(url, fresh.first), own)),
    ask('missing_other', get(besideOf(url, fresh.second), other)),
  ];
}

const always =
  (sent: Sent | null): Experiment['sent'] =>
  () =>
    sent;

function preflightsOf(
  question: Question,
  own: readonly [string, string],
  other: readonly [string, string],
): readonly Experiment[] {
  if (!isPreflighted(question)) return [];
  const { url, method, headers } = question;
  const asked: HeaderPairs = [
    ACCEPT,
    ['Access-Control-Request-Method', method],
    // Bare commas, as browsers write the list (semantics.md §8).
    ...(headers.length > 0 ? [['Access-Control-Request-Headers', headers.join(',')] as const] : []),
  ];
  const preflight = (origin: readonly [string, string]) =>
    always({ method: 'OPTIONS', url, headers: [...asked, origin] });
  return [
    { step: 'preflight', sent: preflight(own) },
    { step: 'preflight_again', sent: preflight(own) },
    { step: 'preflight_other', sent: preflight(other) },
  ];
}

/** With the ETag that the page's own answer has. */
function revalidation({ url }: Question, own: readonly [string, string], before: Transcript): Sent | null {
  const page = before.find((one): one is Answered => one.step === 'page' && one.received !== null);
  const etag = page?.received.status === 200 ? headerOf(page, 'etag') : null;
  if (etag === null || !SENDABLE.test(etag)) return null;
  return { method: 'GET', url, headers: [own, ['If-None-Match', etag], ACCEPT, CODINGS] };
}

/** A header value that a client may send (RFC 9110 §5.5). */
const SENDABLE = /^[\x20-\x7e]{1,512}$/;

/** The parameter has no meaning for a store, and makes a URL that no cache has stored. */
const withParameter = (url: string, value: string): string => withQuery(url, `bucket-cors-doctor=${value}`);

const withQuery = (url: string, query: string): string =>
  `${url}${new URL(url).search === '' ? '?' : '&'}${query}`;

/** A name beside the object that no object has, with the object's extension: caches choose by it. */
function besideOf(url: string, word: string): string {
  const { origin, pathname } = new URL(url);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  return `${origin}${pathname.slice(0, pathname.lastIndexOf('/') + 1)}bucket-cors-doctor-${word}${extension}`;
}
