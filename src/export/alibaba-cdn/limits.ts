import type { Plan } from '../plan.ts';
import type { Inexpressible } from '../target.ts';
import { isCheckedOrigin } from './allowed.ts';
import { MAX_CRITERIA, MAX_VALUES } from './conditions.ts';
import type { CdnConfig, ConditionRule } from './functions.ts';
import { type Segment, type Treatment, treatmentsOf } from './segments.ts';

/** Most conditions of a domain, and most references to each of them (https://www.alibabacloud.com/help/en/cdn/user-guide/rules-engine). */
export const MAX_CONDITIONS = 50;
export const MAX_REFERENCES = 5;

/** Characters that have no second meaning in a list of origins, in a value of a condition or in a header's value. */
const PLAIN = /^[A-Za-z0-9.:/_~-]*$/;

/** What the domain's functions cannot say of the origins. */
export const originProblems = (plan: Plan): readonly Inexpressible[] =>
  [...characterProblems(plan), ...credentialProblems(plan)].slice(0, MAX_SHOWN);

const MAX_SHOWN = 20;
const MAX_ORIGINS = 10;

const numbersOf = ({ rules }: Segment): readonly number[] => rules.map(({ number }) => number);

const problemsIn = (
  plan: Plan,
  find: (segment: Segment, treatment: Treatment) => readonly string[],
  what: string,
  nearest: string,
): readonly Inexpressible[] => {
  const found = new Map<string, { rules: number[]; origins: string[]; methods: string[] }>();
  for (const treatment of treatmentsOf(plan))
    for (const segment of treatment.segments) {
      const origins = find(segment, treatment);
      if (origins.length === 0) continue;
      const key = numbersOf(segment).join();
      const one = found.get(key) ?? { rules: [...numbersOf(segment)], origins: [], methods: [] };
      one.origins = [...new Set([...one.origins, ...origins])].slice(0, MAX_ORIGINS);
      one.methods.push(treatment.method);
      found.set(key, one);
    }
  return [...found.values()].map((one) => ({ ...one, what, nearest }));
};

const patternText = ({ prefix, suffix }: { prefix: string; suffix: string }): string => `${prefix}*${suffix}`;

/** Each entry, as the rule has it. */
const entriesOf = ({ exact, patterns }: Segment): readonly string[] => [
  ...exact,
  ...patterns.map(patternText),
];

export const isPlainEntry = (entry: string): boolean => PLAIN.test(entry.replace('*', ''));

const characterProblems = (plan: Plan) =>
  problemsIn(
    plan,
    (segment) => entriesOf(segment).filter((entry) => !isPlainEntry(entry)),
    'The origins have characters that the CDN documents no meaning for, or another one, in a header or a condition.',
    'The same rules without these origins.',
  );

const credentialProblems = (plan: Plan) =>
  problemsIn(
    plan,
    (segment) =>
      segment.credentials
        ? [...segment.patterns.map(patternText), ...segment.exact.filter((one) => !isCheckedOrigin(one))]
        : [],
    'An answer with Access-Control-Allow-Credentials must name the origin, and the origin check compares only whole origins that begin with http:// or https://.',
    'The same rules with each origin written out.',
  );

/** How many headers refer to the condition that most of them refer to. */
function mostReferences(headers: CdnConfig['headers']): number {
  const byCondition = Map.groupBy(
    headers.filter(({ condition }) => condition !== undefined),
    ({ condition }) => condition?.name,
  );
  return Math.max(0, ...[...byCondition.values()].map(({ length }) => length));
}

/** What a domain's limits do not admit of a configuration. */
export function limitProblems(plan: Plan, { conditions, headers }: CdnConfig): readonly Inexpressible[] {
  const treatments = treatmentsOf(plan);
  const about = {
    rules: plan.rules.map(({ rule }) => rule.number),
    origins: [],
    methods: treatments.map(({ method }) => method),
  };
  const nearest =
    'Rules that treat more methods alike: the same origins without `*`, and the same exposed headers, for all of them.';
  if (conditions.length > MAX_CONDITIONS) {
    const what = `The headers of these rules differ by method and origin so that they need ${conditions.length} conditions, and a domain has at most ${MAX_CONDITIONS}.`;
    return [{ ...about, what, nearest }];
  }
  const most = mostReferences(headers);
  if (most > MAX_REFERENCES) {
    const what = `${most} headers need the same condition, and functions refer to one at most ${MAX_REFERENCES} times.`;
    return [{ ...about, what, nearest }];
  }
  const isLarge = ({ match }: ConditionRule): boolean =>
    match.criteria.length > MAX_CRITERIA ||
    match.criteria.some(({ matchValue }) => Array.isArray(matchValue) && matchValue.length > MAX_VALUES);
  if (!conditions.some(isLarge)) return [];
  const what = `A condition has at most ${MAX_CRITERIA} parts and compares the origin with at most ${MAX_VALUES} values, and these rules need more.`;
  return [
    { ...about, what, nearest: 'The same rules with fewer origins, or with origins without `*` only.' },
  ];
}
