import type { Reason } from '../enforceable.ts';
import type { PlannedRule } from '../plan.ts';
import { originPatterns, plainRegex } from '../regex.ts';
import { namesRegex, REGEX_LIMIT } from './conditions.ts';

/** Characters of a list of names that PCRE compiles: its program has at most 64 KB, and two or three bytes for each. */
const NAMES_LIMIT = 24_000;

/** Why Apache cannot enforce a rule: it would not start with a regular expression that is too long. */
export function tooLong(planned: PlannedRule): Reason | null {
  const { rule, exact, patterns } = planned;
  const entries = [...exact.map(plainRegex), ...originPatterns(planned)];
  const sources = [...exact, ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`)];
  const origins = sources.filter((_, at) => (entries[at] ?? '').length >= REGEX_LIMIT);
  if (origins.length > 0) {
    return {
      origins,
      what: `An entry of AllowedOrigin of rule ${rule.number} is longer than the strings that Apache compares, 8,192 characters.`,
      nearest: 'A configuration without this rule.',
    };
  }
  if (rule.headers.any || namesRegex(rule).length <= NAMES_LIMIT) return null;
  return {
    what: `The list of AllowedHeader of rule ${rule.number} is longer than the regular expressions that Apache compiles, about 24,000 characters.`,
    nearest: 'One entry with `*` that covers several headers, if that is meant.',
  };
}
