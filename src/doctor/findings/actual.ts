import type { Failure } from '../../analysis/browser/check.ts';
import { ALLOW_CREDENTIALS, ALLOW_ORIGIN } from '../../cors/names.ts';
import {
  actualFacts,
  allowOrigin,
  type Case,
  judgeRead,
  mainOf,
  passes,
  readable,
  readsHere,
} from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { addedFault, frontFault, openFault, refusedBy, storeOf } from '../fault.ts';
import type { Found, Kind } from '../finding.ts';
import type { Topic } from '../layers/layer.ts';
import { type Answered, isRedirect } from '../transcript.ts';
import { isOldCopy } from './caches.ts';

/**
 * The answer that the page does not get, by the check that it fails. A cached copy, a redirect and an answer that changes from
 * request to request are findings of their own.
 */
function failedBy(one: Case, failure: Failure): Answered | null {
  const main = mainOf(one);
  if (!readsHere(one) || main === null || isRedirect(main) || passes(one, main)) return null;
  // What happens to GET explains nothing about HEAD.
  const isGet = one.question.method === 'GET';
  if (isGet && (passes(one, one.at('page_again')) || readable(one) !== null || isOldCopy(one))) return null;
  return judgeRead(one, main).failure === failure ? main : null;
}

interface Words {
  readonly title: string;
  readonly meaning: string;
  readonly cure: string;
  readonly topic: Topic;
}

/** A finding about the answer to the page's own request. */
const failing = (
  failure: Failure,
  words: Words,
  more: (one: Case, answered: Answered) => Partial<Found> = () => ({}),
): Kind => ({
  severity: 'error',
  ...words,
  find: (one) => {
    const answered = failedBy(one, failure);
    if (answered === null) return null;
    return {
      evidence: [
        evidenceOf(answered, [ALLOW_ORIGIN, ...(one.question.credentials ? [ALLOW_CREDENTIALS] : [])]),
      ],
      fault: refusedBy(one, answered, actualFacts(one)),
      ...more(one, answered),
    };
  },
});

export const ACTUAL = {
  no_allow_origin: failing(
    'no_allow_origin',
    {
      title: 'The answer has no Access-Control-Allow-Origin',
      meaning: 'The browser gives the page no answer, whatever its status. fetch rejects with a TypeError.',
      cure: 'Add a rule to the bucket that lists the origin and the method, and let every CDN and proxy pass the header on.',
      topic: 'allow',
    },
    (_, answered) => {
      const code = storeCode(answered);
      return code === null
        ? {}
        : {
            detail: `The answer itself is the error ${answered.received.status} ${code}, which the page cannot read either.`,
          };
    },
  ),
  other_allow_origin: failing(
    'other_allow_origin',
    {
      title: 'Access-Control-Allow-Origin names another origin',
      meaning:
        'Browsers compare it with the origin of the page letter by letter, and give the page no answer.',
      cure: 'Answer with the origin that the request names, or with *: never with a fixed origin, a pattern, or a slash at the end.',
      topic: 'allow',
    },
    (one, answered) => ({ detail: differenceOf(allowOrigin(answered) ?? '', one.question.origin) }),
  ),
  several_allow_origins: failing(
    'several_allow_origins',
    {
      title: 'The answer has more than one Access-Control-Allow-Origin',
      meaning:
        'Browsers take one value only: two lines count as a list, and no list passes, not even twice the same.',
      cure: 'Let one program write the header: the bucket, or what stands in front of it after removing the header of the bucket.',
      topic: 'twice',
    },
    (one, answered) => {
      const lines = answered.received.headers.filter(
        ([name]) => name.toLowerCase() === ALLOW_ORIGIN.toLowerCase(),
      );
      return lines.length > 1
        ? {
            detail: `${lines.length} lines: the bucket writes one, and what stands in front of it another.`,
            fault: addedFault(one),
          }
        : {
            detail: 'One line with a list: the header has no lists.',
            fault: frontFault(one, 'It writes a list'),
          };
    },
  ),
  wildcard_with_credentials: failing(
    'wildcard_with_credentials',
    {
      title: 'Access-Control-Allow-Origin is *, and the page sends cookies',
      meaning:
        'With credentials: "include" browsers take * for a literal, which no origin is, and give the page no answer.',
      cure: 'Leave credentials out of the page where no cookies are needed; else name the origin in the rules, and send Access-Control-Allow-Credentials: true.',
      topic: 'credentials',
    },
    (one) => ({ fault: openFault(one, actualFacts(one)) }),
  ),
  no_allow_credentials: failing(
    'no_allow_credentials',
    {
      title: 'The answer has no Access-Control-Allow-Credentials: true, and the page sends cookies',
      meaning:
        'With credentials: "include" browsers ask for exactly this header, in this spelling, and give the page no answer without it.',
      cure: 'Leave credentials out of the page where no cookies are needed; else let the edge send the header to the origins that the rules name.',
      topic: 'credentials',
    },
    (one, answered) => ({
      fault:
        storeOf(one)?.layer.name === 'OSS'
          ? { of: 'bucket', name: 'OSS', because: 'OSS is not documented to send this header.' }
          : frontFault(one, 'It allows the origin, and not its cookies'),
      ...(answered.received.headers.some(
        ([name]) => name.toLowerCase() === ALLOW_CREDENTIALS.toLowerCase(),
      ) && {
        detail: 'The header is there, once too often or with another value.',
      }),
    }),
  ),
  old_copy: {
    severity: 'error',
    title: 'A cache has an old copy, without the present CORS headers',
    meaning:
      'The same object passes under a URL that no cache has stored: the rules are right now, and pages still get the answer of before.',
    cure: 'Purge the URL after every change of the rules. Versioned URLs, or CORS headers that are written after the cache, need no purge.',
    topic: 'purge',
    find: (one) => {
      const [page, past] = [one.at('page'), readable(one) ?? one.at('missing')];
      if (!isOldCopy(one) || page === null || past === null) return null;
      return {
        evidence: [evidenceOf(page, [ALLOW_ORIGIN, 'Vary']), evidenceOf(past, [ALLOW_ORIGIN, 'Vary'])],
        fault: frontFault(
          one,
          'It stored the answer before the rules changed, or before a request with this Origin',
        ),
      };
    },
  },
  error_status: {
    severity: 'warning',
    title: 'The page gets an error of the store, and CORS is not the cause',
    meaning: 'The answer passes the CORS check, so that the page can read it. What it reads is an error.',
    cure: 'Check the name of the object, its permissions, and the signature and time of a signed URL.',
    topic: null,
    find: (one) => {
      const main = mainOf(one);
      if (!readsHere(one) || main === null || main.received.status < 400 || !passes(one, main)) return null;
      const code = storeCode(main);
      return {
        evidence: [evidenceOf(main, [], ['content-type'])],
        fault: frontFault(one, 'It answers with an error'),
        ...(code !== null && { detail: `The store says ${code}.` }),
      };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** The code of an error in XML, as OSS and S3 write it. */
export const storeCode = ({ received }: Answered): string | null =>
  /<Code>([A-Za-z]{1,64})<\/Code>/.exec(received.body)?.[1] ?? null;

/** How the value and the origin differ, in a sentence. */
export function differenceOf(value: string, origin: string): string {
  const shown = value.length > 120 ? `${value.slice(0, 120)}…` : value;
  if (value === `${origin}/`) return 'The value has a slash at the end, which no origin has.';
  if (value.toLowerCase() === origin.toLowerCase()) return 'The value has capitals, which no browser sends.';
  if (value.includes('*')) return `The value is a pattern (${shown}). Browsers know no patterns.`;
  if (!value.includes('://') && value !== 'null') return `The value has no scheme (${shown}).`;
  if (value.replace(/^https?:/, '') === origin.replace(/^https?:/, ''))
    return 'The value has another scheme.';
  if (value.replace(/:\d+$/, '') === origin.replace(/:\d+$/, '')) return 'The value has another port.';
  return `The value is ${shown}.`;
}
