import { modelOf } from '../../analysis/model.ts';
import { answerTo } from '../../cors/answer.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { ALLOW_CREDENTIALS, ALLOW_ORIGIN, EXPOSE_HEADERS } from '../../cors/names.ts';
import { compileOrigins, matchesEntries } from '../../cors/pattern.ts';
import { canSend } from '../outcome.ts';

/**
 * The CORS headers of answers that a function never sees, those with 400 and more. They are the same for every method
 * and for every origin of the list.
 */
export interface ErrorPolicy {
  /** The methods of the cache behaviour, besides OPTIONS: those lists that CloudFront offers. */
  readonly methods: readonly string[];
  /** `*` alone, or origins; empty: no CORS headers. */
  readonly origins: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly credentials: boolean;
  /** Entries of AllowedOrigin whose origins can read less of these answers than the rules allow. */
  readonly lost: readonly string[];
}

/** The lists of methods that a cache behaviour can have, without OPTIONS. */
const READING = ['GET', 'HEAD'];
const ALL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What a script of an origin may read of an answer. */
interface Readable {
  readonly expose: readonly string[];
  readonly credentials: boolean;
}

/** Finds the widest policy that allows no script more than the rules do. All facts are asked of the engine. */
export function errorPolicyOf(rules: CompiledRules): ErrorPolicy {
  const reads = rules.rules.every(({ rule }) => rule.allowedMethods.every((one) => READING.includes(one)));
  const methods = reads ? READING : ALL;
  const known = [...new Set(modelOf([rules]).origins.flatMap(({ origins }) => origins))];
  const everywhere = known.map((origin) => readableBy(rules, origin, methods));
  const listed = namedIn(rules).filter((origin) => readableBy(rules, origin, methods) !== null);
  const origins = known.length > 0 && everywhere.every((found) => found !== null) ? ['*'] : listed;
  const given = (origins[0] === '*' ? known : listed).map((origin) => readableBy(rules, origin, methods));
  const policy = {
    methods,
    origins,
    exposeHeaders: commonOf(given.map((found) => found?.expose ?? [])),
    credentials:
      origins[0] !== '*' && given.length > 0 && given.every((found) => found?.credentials === true),
  };
  return { ...policy, lost: lostBy(rules, policy, known) };
}

/** Entries without `*` that CloudFront takes for an origin. How it compares ports with its `*.example.org` is not documented. */
const namedIn = ({ rules }: CompiledRules): readonly string[] => [
  ...new Set(rules.flatMap(({ rule }) => rule.allowedOrigins).filter((entry) => WEB_ORIGIN.test(entry))),
];

const WEB_ORIGIN = /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?$/;

/** What a script may read of every answer that it can cause; null if it may not read one of them. */
function readableBy(rules: CompiledRules, origin: string, methods: readonly string[]): Readable | null {
  const found = methods
    .filter((method) => canSend(rules, origin, method))
    .map((method) => readable(rules, origin, method));
  if (found.some((one) => one === null)) return null;
  return {
    expose: commonOf(found.map((one) => one?.expose ?? [])),
    credentials: found.every((one) => one?.credentials === true),
  };
}

function readable(rules: CompiledRules, origin: string, method: string): Readable | null {
  const { headers } = answerTo(rules, { method, origin, requestMethod: null, requestHeaders: null });
  if (!headers.includes(ALLOW_ORIGIN)) return null;
  const at = headers.indexOf(EXPOSE_HEADERS);
  return {
    expose: at === -1 ? [] : (headers[at + 1] ?? '').split(', '),
    credentials: headers.includes(ALLOW_CREDENTIALS),
  };
}

/** The names in all lists, in the order of the first; names of headers ignore case. */
function commonOf(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists;
  const sets = others.map((list) => new Set(list.map((name) => name.toLowerCase())));
  return first.filter((name) => sets.every((set) => set.has(name.toLowerCase())));
}

/** The entries of the rules whose origins the rules give more than the policy does. */
function lostBy(
  rules: CompiledRules,
  policy: Omit<ErrorPolicy, 'lost'>,
  known: readonly string[],
): readonly string[] {
  const lost = known.filter((origin) => getsLess(rules, policy, origin));
  const entries = [...new Set(rules.rules.flatMap(({ rule }) => rule.allowedOrigins))];
  return entries.filter((entry) => {
    const alone = compileOrigins([entry]);
    return lost.some((origin) => matchesEntries(alone, origin));
  });
}

function getsLess(
  rules: CompiledRules,
  { methods, origins, exposeHeaders, credentials }: Omit<ErrorPolicy, 'lost'>,
  origin: string,
): boolean {
  const has = origins[0] === '*' || origins.includes(origin);
  return methods
    .filter((method) => canSend(rules, origin, method))
    .map((method) => readable(rules, origin, method))
    .some(
      (one) =>
        one !== null &&
        (!has || one.credentials !== credentials || one.expose.length !== exposeHeaders.length),
    );
}
