/** Every short word over four letters: what the analysis says of rules over two of them must be true of all these. */
import * as fc from 'fast-check';
import { actualRequest, preflightRequest } from '../../src/analysis/table.ts';
import { answer } from '../../src/cors/answer.ts';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { METHODS, type Method, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { behaviours } from '../cors/_arbitrary.ts';
import { judgeAnswer } from '../cors/_browser.ts';
import { record } from '../helpers/rules.ts';

/** All words over the letters, from one letter to `longest`. */
export function wordsOver(letters: string, longest: number): string[] {
  const words = [''];
  for (let from = 0; words[from] !== undefined; from++) {
    const word = words[from] ?? '';
    if (word.length < longest) words.push(...[...letters].map((letter) => word + letter));
  }
  return words.slice(1);
}

const word = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 2 });
const entry = (letters: string) =>
  fc.oneof(
    word(letters).filter((value) => value !== ''),
    fc.tuple(word(letters), word(letters)).map(([before, after]) => `${before}*${after}`),
    fc.constant('*'),
  );

const rule: fc.Arbitrary<Rule> = fc.record({
  allowedOrigins: fc.array(fc.oneof({ weight: 9, arbitrary: entry('ab') }, fc.constant('null')), {
    minLength: 1,
    maxLength: 3,
  }),
  allowedMethods: fc.shuffledSubarray([...METHODS].slice(0, 2), { minLength: 1 }),
  allowedHeaders: fc.array(entry('xy'), { maxLength: 3 }),
  exposeHeaders: fc.subarray(['ETag', 'x-oss-request-id'], { maxLength: 1 }),
  maxAgeSeconds: fc.constantFrom(0, 60),
});

const ruleSet: fc.Arbitrary<RuleSet> = fc.record({
  rules: fc.array(rule, { maxLength: 4 }),
  responseVary: fc.boolean(),
});

export const compiledRules: fc.Arbitrary<CompiledRules> = fc
  .tuple(ruleSet, behaviours)
  .map(([rules, behaviour]) => compileRules(rules, behaviour));

/** Two rule sets of one behaviour, the second often a small change of the first. */
export const pairsOfRules: fc.Arbitrary<readonly [CompiledRules, CompiledRules]> = fc
  .tuple(ruleSet, ruleSet, fc.nat(3), fc.boolean(), behaviours)
  .map(([before, other, at, isChange, behaviour]) => {
    const rules = isChange ? before.rules.toSpliced(at, 1, ...other.rules.slice(0, 1)) : other.rules;
    return [compileRules(before, behaviour), compileRules({ ...before, rules }, behaviour)] as const;
  });

/** Two characters around a prefix of two and a suffix of two letters leave no class without a word. */
export const ORIGIN_WORDS = [...wordsOver('abcd', 5), 'null'];
export const HEADER_WORDS = wordsOver('xyzw', 2).concat([
  'xyzxy',
  'yxzyx',
  'xxzyy',
  'zzzz',
  'xyx',
  'yxy',
  'xxx',
  'yyy',
]);

/** No header, every single one, and random sets of them. */
export const headerSets: fc.Arbitrary<readonly (readonly string[])[]> = fc
  .array(fc.subarray(HEADER_WORDS, { minLength: 2, maxLength: 6 }), { maxLength: 10 })
  .map((sets) => [[], ...HEADER_WORDS.map((name) => [name]), ...sets]);

/** The methods that the rules above list, and one that they do not. */
export const SEEN_METHODS: readonly Method[] = ['GET', 'PUT', 'DELETE'];

export interface Judged {
  readonly rule: number | null;
  readonly headers: string;
}

export function judge(rules: CompiledRules, request: Facts): Judged {
  const decision = decide(rules, request);
  return { rule: decision.rule?.number ?? null, headers: answer(rules, decision).headers.join('\n') };
}

/** What a page may do or read by the answer of the second rule set alone: with cookies and without, each response header. */
export function gainsOf(before: CompiledRules, after: CompiledRules, request: Facts): readonly string[] {
  const [had, has] = [before, after].map((rules) => rightsOf(rules, request));
  return (has ?? []).filter((right) => !had?.includes(right));
}

/** By the Fetch standard: of an answer to a preflight, no script reads a header. */
function rightsOf(rules: CompiledRules, request: Facts): readonly string[] {
  const headers = record(answer(rules, decide(rules, request)).headers);
  return (['omit', 'include'] as const).flatMap((credentials) => {
    const { readable, exposed } = judgeAnswer(headers, request.origin ?? '', credentials);
    const read = request.method === 'OPTIONS' ? [] : exposed;
    return readable ? [credentials, ...read.map((name) => `${credentials} ${name}`)] : [];
  });
}

/** Every actual request of a short origin, and its preflights for each set of headers. */
export const shortRequests = (sets: readonly (readonly string[])[]): readonly Facts[] =>
  ORIGIN_WORDS.filter((word) => word.length < 4).flatMap((origin) =>
    SEEN_METHODS.flatMap((method) => [
      actualRequest(origin, method),
      ...sets.map((set) => preflightRequest(origin, method, set)),
    ]),
  );
