import fc from 'fast-check';
import { METHODS, type Rule, type RuleSet } from '../../src/cors/rule.ts';

/** The characters that no value may contain. */
const FORBIDDEN = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}*]/gu;

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('&', '<', '>', '"', "'", '&amp;', ']]>', '<!--', '&#38;', 'https://a.example', 'ä', '😀'),
    fc
      .array(fc.constantFrom('&', '<', '>', '"', "'", ';', '-', 'a', '.'), { maxLength: 8 })
      .map((parts) => parts.join('')),
  )
  .map((value) => value.replace(FORBIDDEN, ''));
const token = fc.stringMatching(/^[!#$%&'+.^_`|~0-9A-Za-z-]{1,12}$/);
const withStar = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    part.filter((value) => value !== ''),
    fc.tuple(part, part).map(([start, end]) => `${start}*${end}`),
    fc.constant('*'),
  );

const rule: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.option(
      fc.tuple(token, text, token).map((parts) => parts.join(' ')),
      { nil: undefined },
    ),
    allowedOrigins: fc.array(withStar(text), { minLength: 1, maxLength: 4 }),
    allowedMethods: fc.array(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 6 }),
    allowedHeaders: fc.array(withStar(token), { maxLength: 3 }),
    exposeHeaders: fc.array(token, { maxLength: 3 }),
    maxAgeSeconds: fc.option(fc.integer({ min: 0, max: 2147483647 }), { nil: undefined }),
  })
  .map(({ id, maxAgeSeconds, ...lists }) => ({
    ...lists,
    ...(id === undefined ? {} : { id }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  }));

/** Any rule set with at least one rule. */
export const ruleSet: fc.Arbitrary<RuleSet> = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
  responseVary: fc.boolean(),
});
