import type { Rule, RuleSet } from '../../src/cors/rule.ts';

type Lists = Partial<Pick<Rule, 'allowedOrigins' | 'allowedHeaders'>>;

const setOf = (lists: readonly Lists[]): RuleSet => ({
  responseVary: false,
  rules: lists.map((given) => ({
    allowedOrigins: ['*'],
    allowedMethods: ['GET'],
    allowedHeaders: [],
    exposeHeaders: [],
    ...given,
  })),
});

const listed = <T>(count: number, one: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => one(at));
const origins = (count: number, one: (at: number) => string): RuleSet =>
  setOf([{ allowedOrigins: listed(count, one) }]);
const headers = (count: number, one: (at: number) => string): RuleSet =>
  setOf([{ allowedHeaders: listed(count, one) }]);

/** A short text of its own for each number. */
const text = (at: number): string => at.toString(36);

/** Rule sets of documents of 64 KB, the most that is read, that have as many of one thing as fit. */
export const LARGE_DOCUMENTS: readonly (readonly [name: string, ruleSet: RuleSet])[] = [
  ['one origin, 16,000 times', origins(16_000, () => 'a')],
  ['one origin with a slash, 12,800 times', origins(12_800, () => 'a/')],
  ['one origin of http, 5,818 times', origins(5_818, () => 'http://a')],
  ['one forbidden header, 12,800 times', headers(12_800, () => 'te')],
  ['one safelisted header, 7,111 times', headers(7_111, () => 'accept')],
  ['one response header, 9,142 times', headers(9_142, () => 'vary')],
  ['4,000 forbidden headers', headers(4_000, (at) => `sec-a${at}`)],
  ['10,000 origins', origins(10_000, text)],
  ['9,000 patterns', origins(9_000, (at) => `${text(at)}*`)],
  ['1,000 rules for one origin', setOf(listed(1_000, () => ({ allowedOrigins: ['a'] })))],
  [
    '800 rules with * and an origin and a header of their own',
    setOf(listed(800, (at) => ({ allowedOrigins: ['*', text(at)], allowedHeaders: [text(at)] }))),
  ],
  [
    '430 rules for *, 430 for an origin, each with a header of its own',
    setOf([
      ...listed(430, (at) => ({ allowedHeaders: [text(at)] })),
      ...listed(430, (at) => ({ allowedOrigins: [text(at)], allowedHeaders: [`y${text(at)}`] })),
    ]),
  ],
];
