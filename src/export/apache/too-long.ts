import type { CompiledRules } from '../../cors/compile.ts';
import { narrowed } from '../narrow.ts';
import { originPatterns, plainRegex } from '../plain-regex.ts';
import { type PlannedRule, planOf } from '../plan.ts';
import type { Inexpressible } from '../target.ts';
import { namesRegex, REGEX_LIMIT } from './conditions.ts';

/** Characters of a list of names that PCRE compiles: its program has at most 64 KB, and two or three bytes for each. */
const NAMES_LIMIT = 24_000;

/** What Apache can enforce, and the rules that it cannot: it would not start with a regular expression that is too long. */
export function enforceable(
  rules: CompiledRules,
  allowNarrower: boolean,
): { readonly found: CompiledRules | null; readonly refused: readonly Inexpressible[] } {
  const refused = planOf(rules).rules.flatMap(refusedRule);
  if (refused.length === 0) return { found: rules, refused };
  if (!allowNarrower) return { found: null, refused };
  const left = new Set(refused.flatMap((one) => one.rules));
  return { found: narrowed(rules, (rule, number) => (left.has(number) ? null : rule)), refused };
}

function refusedRule(planned: PlannedRule): readonly Inexpressible[] {
  const { rule, exact, patterns } = planned;
  const refuse = (what: string, origins: readonly string[], nearest: string): readonly Inexpressible[] => [
    {
      rules: [rule.number],
      origins: origins.slice(0, 10).map((entry) => entry.slice(0, 100)),
      methods: rule.allowMethods.split(', '),
      what,
      nearest,
    },
  ];
  const entries = [...exact.map(plainRegex), ...originPatterns(planned)];
  const sources = [...exact, ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`)];
  const long = sources.filter((_, at) => (entries[at] ?? '').length >= REGEX_LIMIT);
  if (long.length > 0) {
    return refuse(
      `An entry of AllowedOrigin of rule ${rule.number} is longer than the strings that Apache compares, 8,192 characters.`,
      long,
      'A configuration without this rule.',
    );
  }
  if (!rule.headers.any && namesRegex(rule).length > NAMES_LIMIT) {
    return refuse(
      `The list of AllowedHeader of rule ${rule.number} is longer than the regular expressions that Apache compiles, about 24,000 characters.`,
      sources,
      'One entry with `*` that covers several headers, if that is meant.',
    );
  }
  return [];
}
