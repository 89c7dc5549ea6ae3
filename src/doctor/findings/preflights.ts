import type { Failure } from '../../analysis/browser/check.ts';
import { listOf } from '../../analysis/browser/check.ts';
import { ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, MAX_AGE } from '../../cors/names.ts';
import { allowOrigin, type Case, judgePreflight, preflightFacts } from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { addedFault, frontFault, openFault, refusedBy, storeOf } from '../fault.ts';
import type { Found, Kind } from '../finding.ts';
import type { Topic } from '../layers/layer.ts';
import { type Answered, headerOf, isRedirect } from '../transcript.ts';
import { differenceOf } from './actual.ts';
import { isOk, NEVER_SENT } from './refusals.ts';

/** The answer to the preflight if the browser refuses it, for a reason that the status does not explain. */
function failedBy(one: Case, failures: readonly Failure[]): Answered | null {
  const preflight = one.at('preflight');
  const judged = judgePreflight(one);
  if (preflight === null || judged === null || judged.passes || !isOk(preflight)) return null;
  if (judgePreflight(one, 'preflight_again')?.passes === true) return null;
  return judged.failure !== null && failures.includes(judged.failure) ? preflight : null;
}

interface Words {
  readonly title: string;
  readonly meaning: string;
  readonly cure: string;
  readonly topic: Topic;
}

const failing = (
  failures: readonly Failure[],
  missing: readonly string[],
  words: Words,
  more: (one: Case, answered: Answered) => Partial<Found> | null = () => ({}),
): Kind => ({
  severity: 'error',
  ...words,
  find: (one) => {
    const answered = failedBy(one, failures);
    const particular = answered === null ? null : more(one, answered);
    if (answered === null || particular === null) return null;
    return {
      evidence: [evidenceOf(answered, missing)],
      fault: refusedBy(one, answered, preflightFacts(one)),
      ...particular,
    };
  },
});

/** The header name that the list does not cover; null if the failure is another one. */
const refusedName = (one: Case): string | null => {
  const judged = judgePreflight(one);
  return judged?.failure === 'header' ? (/request header (\S+) is/.exec(judged.because)?.[1] ?? null) : null;
};

export const PREFLIGHTS = {
  preflight_redirect: {
    severity: 'error',
    title: 'The preflight is answered with a redirect',
    meaning: `Browsers follow no redirect of a preflight. ${NEVER_SENT}`,
    cure: 'Write the URL in the page to which the redirect leads: with https://, the right host and the right path.',
    topic: 'redirect',
    find: (one) => {
      const preflight = one.at('preflight');
      if (preflight === null || !isRedirect(preflight)) return null;
      return {
        evidence: [evidenceOf(preflight)],
        fault: frontFault(one, 'It redirects OPTIONS too'),
      };
    },
  },
  preflight_no_allow_origin: failing(['no_allow_origin'], [ALLOW_ORIGIN], {
    title: 'The answer to the preflight has no Access-Control-Allow-Origin',
    meaning: `The status is right, but the answer does not allow the origin. ${NEVER_SENT}`,
    cure: 'Let the bucket answer OPTIONS, or the program in front of it with the headers of the rules: a bare 200 or 204 for OPTIONS is not enough.',
    topic: 'preflight',
  }),
  preflight_other_allow_origin: failing(
    ['other_allow_origin'],
    [],
    {
      title: 'The answer to the preflight names another origin',
      meaning: `Browsers compare it with the origin of the page letter by letter. ${NEVER_SENT}`,
      cure: 'Answer with the origin that the request names, or with *.',
      topic: 'allow',
    },
    (one, answered) => ({ detail: differenceOf(allowOrigin(answered) ?? '', one.question.origin) }),
  ),
  preflight_several_allow_origins: failing(
    ['several_allow_origins'],
    [],
    {
      title: 'The answer to the preflight has more than one Access-Control-Allow-Origin',
      meaning: `Browsers take one value only. ${NEVER_SENT}`,
      cure: 'Let one program write the header: the bucket, or what stands in front of it.',
      topic: 'twice',
    },
    (one) => ({ fault: addedFault(one) }),
  ),
  preflight_wildcard_with_credentials: failing(
    ['wildcard_with_credentials'],
    [ALLOW_CREDENTIALS],
    {
      title: 'The answer to the preflight allows *, and the page sends cookies',
      meaning: `With credentials: "include" * is a literal, which no origin is. ${NEVER_SENT}`,
      cure: 'Leave credentials out of the page where no cookies are needed; else name the origin in the rules.',
      topic: 'credentials',
    },
    (one) => ({ fault: openFault(one, preflightFacts(one)) }),
  ),
  preflight_no_allow_credentials: failing(
    ['no_allow_credentials'],
    [ALLOW_CREDENTIALS],
    {
      title:
        'The answer to the preflight has no Access-Control-Allow-Credentials: true, and the page sends cookies',
      meaning: `With credentials: "include" browsers ask for exactly this header in the preflight too. ${NEVER_SENT}`,
      cure: 'Leave credentials out of the page where no cookies are needed; else let the edge send the header to the origins that the rules name.',
      topic: 'credentials',
    },
    (one) => ({
      fault:
        storeOf(one)?.layer.name === 'OSS'
          ? { of: 'bucket', name: 'OSS', because: 'OSS is not documented to send this header.' }
          : frontFault(one, 'It allows the origin, and not its cookies'),
    }),
  ),
  preflight_method: failing(
    ['method'],
    [ALLOW_METHODS],
    {
      title: 'The method is not in Access-Control-Allow-Methods',
      meaning: `The preflight allows the origin and not the method. ${NEVER_SENT}`,
      cure: 'List the method in the rule that lists the origin. An earlier rule that fits without the method does not stand in the way: rules are tried in order.',
      topic: 'preflight',
    },
    (one, answered) =>
      one.question.credentials && listOf(answered.received.headers, ALLOW_METHODS)?.includes('*')
        ? { detail: 'With cookies * is a literal, and covers no method.' }
        : {},
  ),
  preflight_wildcard_header: failing(
    ['header'],
    [],
    {
      title: 'Access-Control-Allow-Headers is *, which does not cover this header',
      meaning: `* covers neither Authorization nor, with cookies, any header. ${NEVER_SENT}`,
      cure: 'Answer with the names that the preflight asks for, as OSS and S3 do, in place of *.',
      topic: 'preflight',
    },
    (one, answered) =>
      listOf(answered.received.headers, ALLOW_HEADERS)?.includes('*')
        ? {
            detail: `The preflight asks for ${refusedName(one)}.`,
            fault: frontFault(one, 'It writes * in place of the names'),
          }
        : null,
  ),
  preflight_header: failing(
    ['header'],
    [ALLOW_HEADERS],
    {
      title: 'A request header is not in Access-Control-Allow-Headers',
      meaning: `The preflight allows the origin and the method, and not every header that the page sets. ${NEVER_SENT}`,
      cure: 'List the name in AllowedHeader of the rule that lists the origin and the method, or *; or do not set the header in the page.',
      topic: 'preflight',
    },
    (one, answered) =>
      listOf(answered.received.headers, ALLOW_HEADERS)?.includes('*')
        ? null
        : { detail: `${refusedName(one)} is missing.` },
  ),
  preflight_invalid_list: failing(['invalid_list'], [], {
    title: 'A list in the answer to the preflight is not a list of names',
    meaning: `Browsers refuse the whole answer if Access-Control-Allow-Methods or -Headers has a value that is no name. ${NEVER_SENT}`,
    cure: 'Write names with commas between: no quotes, blanks, semicolons or brackets.',
    topic: 'preflight',
  }),
  max_age_invalid: {
    severity: 'warning',
    title: 'Access-Control-Max-Age is not one number of seconds',
    meaning:
      'Browsers ignore it and cache the preflight for 5 seconds: almost every request costs a second one.',
    cure: 'Write one number without a unit, such as 600: Chromium caches for at most 7200 seconds, Safari for 600.',
    topic: null,
    find: (one) => {
      const preflight = one.at('preflight');
      const value = preflight === null ? null : headerOf(preflight, MAX_AGE);
      if (preflight === null || value === null || judgePreflight(one)?.passes !== true || /^\d+$/.test(value))
        return null;
      return { evidence: [evidenceOf(preflight)], fault: frontFault(one, 'It writes the header') };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;
