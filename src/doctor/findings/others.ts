import { ALLOW_CREDENTIALS, ALLOW_ORIGIN, DOCTOR_ORIGIN } from '../../cors/names.ts';
import { actualFacts, allowOrigin, type Case, mainOf, passes, readable, readsHere } from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { byRules, frontFault, pageFault, writerFault } from '../fault.ts';
import type { Kind } from '../finding.ts';
import { type Answered, headerOf, isRedirect, lists, type Step } from '../transcript.ts';

/** The answer of a step that a page cannot read although it can read the object. */
function unreadable(one: Case, step: Step, when: (answered: Answered) => boolean): Answered | null {
  const answered = one.at(step);
  if (readable(one) === null || answered === null || !when(answered)) return null;
  return passes(one, answered) ? null : answered;
}

const isError = ({ received }: Answered): boolean => received.status >= 400;

export const OTHERS = {
  not_on_errors: {
    severity: 'warning',
    title: 'Errors have no Access-Control-Allow-Origin',
    meaning:
      'For a missing object, an expired signature or a refused permission the page gets no status and no text: the console says CORS, and the cause stays hidden.',
    cure: 'Write the CORS headers on every answer, whatever its status. bucket-cors does.',
    topic: 'errors',
    find: (one) => {
      const found = (['missing', 'failed'] as const)
        .map((step) => unreadable(one, step, isError))
        .filter((answered) => answered !== null);
      if (found.length === 0) return null;
      return {
        evidence: found.map((answered) => evidenceOf(answered, [ALLOW_ORIGIN])),
        fault: frontFault(one, 'It answers the error, or takes the headers off it'),
      };
    },
  },
  not_on_unchanged: {
    severity: 'warning',
    title: '304 Not Modified has another Access-Control-Allow-Origin, or no one',
    meaning:
      'A browser puts the headers of a 304 over those of its copy, and leaves a copy without CORS headers as it is: after <img> the page gets no answer, however often it asks.',
    cure: 'Write the CORS headers on 304 as on 200. bucket-cors does.',
    topic: 'errors',
    find: (one) => {
      const answered = unreadable(one, 'unchanged', ({ received }) => received.status === 304);
      if (answered === null) return null;
      return {
        evidence: [evidenceOf(answered, [ALLOW_ORIGIN], ['etag'])],
        fault: frontFault(one, 'It answers 304 itself, or takes the headers off it'),
      };
    },
  },
  head_differs: {
    severity: 'warning',
    title: 'GET has Access-Control-Allow-Origin, and HEAD has no one',
    meaning:
      'A page that asks for size or type first gets no answer. Shared caches answer HEAD from a stored GET (RFC 9111), so that it also depends on the cache.',
    cure: 'List HEAD beside GET in AllowedMethod: GET does not imply it.',
    topic: 'allow',
    method: 'HEAD',
    find: (one) => {
      if (one.question.method === 'HEAD') return null;
      const head = unreadable(one, 'head', ({ received }) => received.status < 300);
      if (head === null) return null;
      return {
        evidence: [evidenceOf(head, [ALLOW_ORIGIN])],
        fault:
          byRules(one, actualFacts(one, 'HEAD')) ?? writerFault(one, 'It answers HEAD otherwise than GET'),
      };
    },
  },
  range_unreadable: {
    severity: 'warning',
    title: 'The answer to a Range request has no Access-Control-Allow-Origin',
    meaning:
      'Players, PDF viewers and readers of columnar files ask for parts, and get no answer, while the whole object passes.',
    cure: 'Write the CORS headers on 206 as on 200.',
    topic: 'errors',
    find: (one) => {
      const answered = unreadable(one, 'range', ({ received }) => received.status < 300);
      if (answered === null) return null;
      return {
        evidence: [evidenceOf(answered, [ALLOW_ORIGIN], ['content-range'])],
        fault: frontFault(one, 'It answers Range otherwise than the whole object'),
      };
    },
  },
  range_ignored: {
    severity: 'warning',
    title: 'The whole object comes in answer to a Range request',
    meaning:
      'The server says that it knows ranges (Accept-Ranges: bytes), and sends everything: players cannot seek, and a viewer of a large file loads all of it.',
    cure: 'Pass Range to the bucket, or cut the stored copy; transform nothing on the way.',
    topic: 'range',
    find: (one) => {
      const [range, page] = [one.at('range'), one.at('page')];
      if (range === null || page === null || range.received.status !== 200 || isEmpty(page)) return null;
      if (![range, page].some((answered) => lists(answered, 'accept-ranges', 'bytes'))) return null;
      return {
        evidence: [
          evidenceOf(range, ['Content-Range'], ['accept-ranges', 'content-length', 'content-encoding']),
        ],
        fault: frontFault(one, 'It does not pass the Range on'),
      };
    },
  },
  compression_breaks_range: {
    severity: 'warning',
    title: 'Compression on the way breaks Range requests',
    meaning:
      'The same range comes in two shapes: as bytes of the object, or of a compressed copy, or not at all. Readers that put parts together get a broken file.',
    cure: 'Turn compression off for files that are read in parts, or send Cache-Control: no-transform from the bucket.',
    topic: 'range',
    find: (one) => {
      const [plain, coded] = [one.at('range'), one.at('range_coded')];
      if (plain === null || coded === null || plain.received.status !== 206) return null;
      if (coded.received.status === 206 && sameRange(plain, coded)) return null;
      if (coded.received.status !== 206 && coded.received.status !== 200) return null;
      const names = ['content-range', 'content-encoding', 'content-length', 'etag', 'accept-ranges'];
      return {
        evidence: [evidenceOf(plain, [], names), evidenceOf(coded, ['Content-Range'], names)],
        fault: frontFault(one, 'It compresses answers'),
      };
    },
  },
  redirect_blocked: {
    severity: 'error',
    title: 'The URL redirects, and the redirect has no Access-Control-Allow-Origin',
    meaning: 'Browsers check CORS on each redirect before they follow it. The page gets no answer.',
    cure: 'Write the URL in the page to which the redirect leads.',
    topic: 'redirect',
    find: (one) => {
      const main = mainOf(one);
      if (!readsHere(one) || main === null || !isRedirect(main) || passes(one, main)) return null;
      return {
        evidence: [evidenceOf(main, [ALLOW_ORIGIN])],
        fault: frontFault(one, 'It redirects'),
      };
    },
  },
  redirected: {
    severity: 'warning',
    title: 'The URL redirects',
    meaning:
      'Browsers follow it. To another host they send Origin: null from there on if that host is not the one of the page, which only * or the entry null allows. doctor does not follow it.',
    cure: 'Write the URL in the page to which the redirect leads, and examine that one.',
    topic: 'redirect',
    find: (one) => {
      const main = mainOf(one);
      if (!readsHere(one) || main === null || !isRedirect(main) || !passes(one, main)) return null;
      return { evidence: [evidenceOf(main)], fault: frontFault(one, 'It redirects') };
    },
  },
  any_origin_with_credentials: {
    severity: 'error',
    title: 'Every website may read with the cookies of its visitors',
    meaning:
      'The answer repeats whichever Origin asks, and allows credentials: a page that a user opens by chance reads what the user may read.',
    cure: 'List the origins of your pages. An answer that repeats every origin is *, with cookies besides.',
    topic: 'credentials',
    find: (one) => {
      const answered = reflecting(one).find((other) => headerOf(other, ALLOW_CREDENTIALS) === 'true');
      if (answered === undefined) return null;
      return {
        evidence: [evidenceOf(answered)],
        fault: writerFault(one, 'It repeats the origin of the request'),
      };
    },
  },
  any_origin_reflected: {
    severity: 'note',
    title: 'The answer repeats whichever Origin asks',
    meaning: 'Every page may read, as with *, and caches store one copy for each origin.',
    cure: 'Allow *, which needs no Vary and one copy; or list the origins of your pages.',
    topic: null,
    find: (one) => {
      const [answered] = reflecting(one);
      if (answered === undefined || headerOf(answered, ALLOW_CREDENTIALS) === 'true') return null;
      return {
        evidence: [evidenceOf(answered)],
        fault: writerFault(one, 'It repeats the origin of the request'),
      };
    },
  },
  contradictory_credentials: {
    severity: 'warning',
    title: 'The answer has Access-Control-Allow-Credentials: true beside *',
    meaning:
      'Browsers never take the two together: pages that send cookies get no answer, and the others need no such header.',
    cure: 'Name the origins that may send cookies, or remove Access-Control-Allow-Credentials.',
    topic: 'credentials',
    find: (one) => {
      const answered = readable(one);
      if (one.question.credentials || answered === null || allowOrigin(answered) !== '*') return null;
      if (headerOf(answered, ALLOW_CREDENTIALS) === null) return null;
      return { evidence: [evidenceOf(answered)], fault: writerFault(one, 'It writes both headers') };
    },
  },
  mixed_content: {
    severity: 'error',
    title: 'A page over https asks for a URL over http',
    meaning: 'Browsers block it as mixed content before CORS, and send nothing.',
    cure: 'Write https:// in the page.',
    topic: null,
    find: ({ question }) => {
      const { protocol, hostname } = new URL(question.url);
      if (protocol !== 'http:' || !question.origin.startsWith('https://') || isLocal(hostname)) return null;
      return {
        evidence: [],
        fault: pageFault(`Its origin is ${question.origin}, and the URL begins with http://.`),
      };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** Answers that allow an origin that no rule can name. */
const reflecting = (one: Case): readonly Answered[] =>
  (['past_other', 'other', 'preflight_other'] as const)
    .map(one.at)
    .filter((answered) => answered !== null)
    .filter((answered) => allowOrigin(answered) === DOCTOR_ORIGIN);

const isEmpty = (page: Answered): boolean => headerOf(page, 'content-length') === '0';

/** Whether two 206 answers are parts of the same bytes. */
const sameRange = (one: Answered, other: Answered): boolean =>
  headerOf(one, 'content-encoding') === headerOf(other, 'content-encoding') &&
  headerOf(one, 'content-range') === headerOf(other, 'content-range');

/** "Potentially trustworthy" without TLS (Secure Contexts §3.1). */
const isLocal = (hostname: string): boolean =>
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/i.test(hostname);
