import type { CompiledRule, CompiledRules } from '../../cors/compile.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import type { AuditFinding } from '../audit/finding.ts';
import { planOf } from '../plan.ts';
import type { Inexpressible } from '../target.ts';
import { type CorsRoute, LEAST_MAX_AGE, MOST_ITEMS, MOST_MAX_AGE } from './filter.ts';
import { whyNot } from './origin.ts';

/** Most origins that a reason names. */
const SHOWN = 10;

const about = (
  { number, rule }: CompiledRule,
  {
    origins = rule.allowedOrigins,
    ...said
  }: Partial<Inexpressible> & Pick<Inexpressible, 'what' | 'nearest'>,
): Inexpressible => ({
  rules: [number],
  methods: rule.allowedMethods,
  origins: origins.slice(0, SHOWN),
  ...said,
});

/** What a filter can say of no rule, rule by rule: entries of origins and header names, and times. */
export function reasonsOfRules(rules: CompiledRules): readonly Inexpressible[] {
  return planOf(rules).rules.flatMap((planned) => {
    const { rule, exact, patterns, credentials } = planned;
    const entries = rule.origins.any
      ? []
      : [...exact, ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`)];
    const byReason = Map.groupBy(entries, whyNot);
    return [
      ...[...byReason].flatMap(([what, origins]) =>
        what === null ? [] : [about(rule, { origins, what, nearest: 'The rule without these origins.' })],
      ),
      ...headerReasons(rule, credentials === 'all'),
      ...ageReasons(rule),
    ];
  });
}

function headerReasons(rule: CompiledRule, isEchoed: boolean): readonly Inexpressible[] {
  const patterns = rule.headers.patterns.map(({ source }) => source);
  return [
    ...(patterns.length === 0 || rule.headers.any
      ? []
      : [
          about(rule, {
            what: `allowHeaders has names, or \`*\` alone, and no patterns such as \`${patterns[0]}\`.`,
            nearest: 'The rule with the names that pages send in place of the pattern.',
          }),
        ]),
    ...(rule.headers.any && !isEchoed
      ? [
          about(rule, {
            what: 'For `*` a gateway may send `Access-Control-Allow-Headers: *`, which does not stand for Authorization in browsers, and allowHeaders takes no other name beside it.',
            nearest:
              'A `*` for all headers but Authorization, or the rule with the names that pages send in place of the `*`.',
          }),
        ]
      : []),
  ];
}

function ageReasons(rule: CompiledRule): readonly Inexpressible[] {
  const seconds = rule.rule.maxAgeSeconds;
  if (seconds === undefined || (seconds >= LEAST_MAX_AGE && seconds <= MOST_MAX_AGE)) return [];
  const nearest = `A maxAge of ${seconds < LEAST_MAX_AGE ? LEAST_MAX_AGE : MOST_MAX_AGE}.`;
  return [about(rule, { what: `maxAge is at least ${LEAST_MAX_AGE} and at most ${MOST_MAX_AGE}.`, nearest })];
}

const ITEMS: Readonly<Record<string, string>> = {
  allowOrigins: 'origins',
  allowHeaders: 'request headers',
  exposeHeaders: 'exposed headers',
};

/** The lists that are too long. */
export function reasonsOfLength(routes: readonly CorsRoute[]): readonly Inexpressible[] {
  const found = routes.flatMap(({ cors: { allowOrigins, allowHeaders, exposeHeaders } }) =>
    Object.entries({ allowOrigins, allowHeaders, exposeHeaders }).filter(
      ([, list]) => list.length > MOST_ITEMS,
    ),
  );
  const longest = new Map(found.sort(([, one], [, other]) => one.length - other.length));
  return [...longest].map(([field, { length }]) => ({
    rules: [],
    origins: [],
    methods: [],
    what: `${field} has at most ${MOST_ITEMS} items, and the rules need ${length}.`,
    nearest: `The same rules with at most ${MOST_ITEMS} ${ITEMS[field] ?? 'items'} for each method.`,
  }));
}

/** Why one filter for all origins answers otherwise than the rules, by what it would answer. */
export function reasonOf(rules: CompiledRules, { audited, origins, methods }: AuditFinding): Inexpressible {
  const concerned = rules.rules.filter((rule) =>
    origins.some(({ origin }) => matchesEntries(rule.origins, origin)),
  );
  return {
    rules: concerned.map(({ number }) => number),
    origins: origins.slice(0, SHOWN).map(({ origin }) => origin),
    methods,
    what: `The filter for a method has one list of headers, and one time, for all origins, and here ${SUBJECTS[audited.kind]} not the same for all.`,
    nearest: 'A configuration for the origins of one rule, and a route of its own for the others.',
  };
}

const SUBJECTS: Readonly<Record<AuditFinding['audited']['kind'], string>> = {
  method: 'the methods are',
  sent: 'the preflights are',
  headers: 'the request headers are',
  exposed: 'the response headers that scripts may read are',
  credentials: 'the permission to send cookies is',
  cached: 'what caches answer is',
  answer: 'the time for which browsers cache preflights is',
  vary: 'Vary is',
};
