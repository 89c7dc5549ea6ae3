import { ALLOW_ORIGIN, ORIGIN, VARY } from '../../cors/names.ts';
import { allowOrigin, type Case, isHit, passes, readable } from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { cacheFault, frontFault, writerFault } from '../fault.ts';
import type { Kind } from '../finding.ts';
import { isSigned } from '../question.ts';
import { type Answered, headerOf, isRedirect, lists, type Step } from '../transcript.ts';

/**
 * Whether the page gets a copy that is older than the rules: its own URL fails twice, and an answer passes that no cache can
 * have stored. On a fresh URL a hit shows that the cache ignores the query; an answer about a missing object is fresh then.
 */
export function isOldCopy(one: Case): boolean {
  const [page, again, past] = [one.at('page'), one.at('page_again'), one.at('past')];
  if (page === null || again === null || isRedirect(page) || passes(one, page) || passes(one, again))
    return false;
  if (passes(one, past)) return passes(one, one.at('with'));
  return isHit(past) && passes(one, one.at('missing'));
}

/** Whether the answers to two equal requests disagree about the origin. */
function isUnsteady(one: Case, first: Step, second: Step): boolean {
  const [before, after] = [one.at(first), one.at(second)];
  if (before === null || after === null) return false;
  return allowOrigin(before) !== allowOrigin(after) || before.received.status !== after.received.status;
}

const CHANGING = [
  ['page', 'page_again'],
  ['preflight', 'preflight_again'],
] as const;

/** Whether the answer follows the Origin: without one it has another Access-Control-Allow-Origin. */
function followsOrigin(one: Case): boolean {
  const found = readable(one);
  if (found === null || allowOrigin(found) !== one.question.origin) return false;
  const [plain, missing, missingOther] = [one.at('plain'), one.at('missing'), one.at('missing_other')];
  if (plain !== null && !isHit(plain) && allowOrigin(plain) !== one.question.origin) return true;
  return passes(one, missing) && missingOther !== null && allowOrigin(missingOther) !== one.question.origin;
}

const varies = (answered: Answered): boolean =>
  lists(answered, VARY, ORIGIN) || headerOf(answered, VARY)?.trim() === '*';

const isStorable = (answered: Answered): boolean =>
  !isRedirect(answered) && !lists(answered, 'cache-control', 'no-store');

/** The answers that a cache could give to a request with another Origin, or without one. */
function unvaried(one: Case): readonly Answered[] {
  const [plain, own, other] = [
    one.at('plain'),
    one.at('past') ?? one.at('with'),
    one.at('past_other') ?? one.at('other'),
  ];
  if (plain === null || own === null || !passes(one, own)) return [];
  const values = { plain: allowOrigin(plain), own: allowOrigin(own), other: allowOrigin(other) };
  const wrong = [
    ...(values.plain !== values.own && values.plain !== '*' ? [plain] : []),
    ...(other !== null && values.own !== values.other ? [own, other] : []),
  ];
  return wrong.filter((answered) => isStorable(answered) && !varies(answered));
}

const isPoisoned = (one: Case): boolean => {
  const [first, second] = [one.at('with'), one.at('with_again')];
  return (
    first !== null &&
    second !== null &&
    !passes(one, first) &&
    !passes(one, second) &&
    // A signed URL has no fresh one: the page asked before the request without Origin.
    passes(one, one.at('past') ?? one.at('page')) &&
    !isUnsteady(one, 'page', 'page_again')
  );
};

/** Whether a page of another origin gets the answer that a cache stored for this one. */
const isShared = (one: Case): boolean => {
  const { origin } = one.question;
  const steps: readonly Step[] = isSigned(one.question) ? ['other'] : ['past_other', 'other', 'other_again'];
  return followsOrigin(one) && steps.some((step) => allowOrigin(one.at(step)) === origin);
};

export const CACHES = {
  poisoned: {
    severity: 'error',
    title: 'A cache gives pages the answer that it stored for a request without Origin',
    meaning:
      'An image, a link or a crawler asks first, without Origin, and the cache stores an answer without CORS headers. From then on every page gets that copy, until it expires: the failure comes and goes.',
    cure: 'Send Vary: Origin with every answer, also to requests without Origin, and let the cache heed it; or write the CORS headers after the cache. bucket-cors does both. Then purge.',
    topic: 'cache',
    find: (one) => {
      if (!isPoisoned(one)) return null;
      const plain = one.at('plain');
      const shown = [plain, one.at('with'), one.at('past') ?? one.at('page')];
      const isVaried = plain !== null && varies(plain);
      return {
        evidence: shown.flatMap((answered) =>
          answered === null ? [] : [evidenceOf(answered, [ALLOW_ORIGIN, 'Vary'])],
        ),
        fault: cacheFault(
          one,
          isVaried
            ? 'The answer without Origin has Vary: Origin, and the cache ignores it'
            : 'The answer without Origin has no Vary: Origin, so that the cache may give it to every page',
        ),
      };
    },
  },
  cached_for_another_origin: {
    severity: 'error',
    title: 'A cache gives pages of one origin the answer that it stored for another',
    meaning:
      'The first page decides for all: each other origin gets an Access-Control-Allow-Origin that is not its own, and no answer.',
    cure: 'Send Vary: Origin with every answer and let the cache heed it, or add Origin to the key of the cache; or write the CORS headers after the cache. Then purge.',
    topic: 'cache',
    find: (one) => {
      if (!isShared(one) || isPoisoned(one)) return null;
      const shared = (['past_other', 'other', 'other_again'] as const)
        .map(one.at)
        .find((answered) => allowOrigin(answered) === one.question.origin);
      const own = readable(one);
      if (shared == null || own === null) return null;
      return {
        evidence: [evidenceOf(own, ['Vary']), evidenceOf(shared, ['Vary'])],
        fault: cacheFault(one, 'The answer follows the Origin, and the stored one goes to every origin'),
      };
    },
  },
  vary_missing: {
    severity: 'warning',
    title: 'The answer depends on the Origin, and has no Vary: Origin',
    meaning:
      "Caches may give it to requests with another Origin, or without one; the browser's own cache does so: after <img> without crossorigin a fetch of the same URL fails.",
    cure: 'Send Vary: Origin with every answer, also to requests without Origin; or allow every origin (*), and send the same to all. Until then load images with <img crossorigin>.',
    topic: 'cache',
    find: (one) => {
      const wrong = unvaried(one);
      if (wrong.length === 0 || isPoisoned(one) || isShared(one)) return null;
      return {
        evidence: wrong.map((answered) => evidenceOf(answered, [ALLOW_ORIGIN, 'Vary'], ['cache-control'])),
        fault: writerFault(one, 'It writes the answers and leaves Vary out'),
      };
    },
  },
  unsteady: {
    severity: 'error',
    title: 'Two equal requests get different answers',
    meaning:
      'The page works and fails by chance: one of several servers or caches behind the name answers otherwise.',
    cure: 'Deploy the same configuration to every server behind the name, and purge each cache. The addresses in the report say which answered.',
    topic: 'purge',
    find: (one) => {
      const [first, second] = CHANGING.find(([before, after]) => isUnsteady(one, before, after)) ?? [];
      if (first === undefined || second === undefined) return null;
      const found = [one.at(first), one.at(second)].filter((answered) => answered !== null);
      const peers = [...new Set(found.map(({ peer }) => peer))];
      return {
        evidence: found.map((answered) => evidenceOf(answered, [ALLOW_ORIGIN])),
        fault: frontFault(one, 'It answers from several places'),
        ...(peers.length > 1 && { detail: `They came from ${peers.join(' and ')}.` }),
      };
    },
  },
  preflight_cached: {
    severity: 'error',
    title: 'A cache gives a page the preflight of another origin',
    meaning:
      'The first page decides for all: preflights of the other origins get an Access-Control-Allow-Origin that is not their own.',
    cure: 'Do not cache OPTIONS, or add Origin, Access-Control-Request-Method and Access-Control-Request-Headers to the key of the cache.',
    topic: 'cache',
    find: (one) => {
      const [own, other] = [one.at('preflight'), one.at('preflight_other')];
      const { origin } = one.question;
      if (own === null || other === null || allowOrigin(own) !== origin || allowOrigin(other) !== origin)
        return null;
      if (!isHit(other)) return null;
      return {
        evidence: [evidenceOf(own, ['Vary']), evidenceOf(other, ['Vary'])],
        fault: cacheFault(one, 'It stores answers to OPTIONS'),
      };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;
