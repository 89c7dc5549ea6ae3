/** Arbitrary rules and requests over small alphabets, so that they often match. */
import * as fc from 'fast-check';
import type { Behaviour } from '../../src/cors/behaviour.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { METHODS, type Rule, type RuleSet } from '../../src/cors/rule.ts';

const word = (...unit: string[]) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 3 });
const starred = (part: fc.Arbitrary<string>) =>
  fc.tuple(part, part).map(([before, after]) => `${before}*${after}`);

const originWord = word('a', 'b');
const originEntry = fc.oneof(
  { weight: 4, arbitrary: originWord.filter((value) => value !== '') },
  { weight: 3, arbitrary: starred(originWord) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'null') },
  { weight: 1, arbitrary: fc.constantFrom('a,b', '*,b', 'a,*') },
);
const headerWord = word('x', 'X', 'y');
const headerEntry = fc.oneof(
  headerWord.filter((value) => value !== ''),
  starred(headerWord),
);

export const rules: fc.Arbitrary<Rule> = fc.record(
  {
    id: fc.constantFrom('first', 'second'),
    allowedOrigins: fc.array(originEntry, { minLength: 1, maxLength: 3 }),
    allowedMethods: fc.shuffledSubarray([...METHODS], { minLength: 1, maxLength: 3 }),
    allowedHeaders: fc.array(headerEntry, { maxLength: 3 }),
    exposeHeaders: fc.subarray(['ETag', 'Content-Range', 'x-oss-request-id']),
    maxAgeSeconds: fc.constantFrom(0, 60, 86400),
  },
  { requiredKeys: ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] },
);

export const ruleSets: fc.Arbitrary<RuleSet> = fc.record({
  rules: fc.array(rules, { maxLength: 4 }),
  responseVary: fc.boolean(),
});

export const behaviours: fc.Arbitrary<Behaviour> = fc.record({
  dialect: fc.constantFrom('oss', 's3'),
  vary: fc.constantFrom('safe', 'store'),
  dangerouslyAllowCredentials: fc.boolean(),
});

export const origins: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 'null', '*', 'A') },
  { weight: 1, arbitrary: fc.constantFrom('a,b', 'a, a', 'a b', 'a\tb', ',a', ' ', '*,') },
);

const methods = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<string>(...METHODS) },
  { weight: 1, arbitrary: fc.constantFrom('get', 'PATCH', 'OPTIONS', '') },
);

const headerItem = fc.oneof(headerWord, fc.constantFrom(' ', '\t', ' x', 'y '));
const requestHeaders = fc.option(
  fc.array(headerItem, { maxLength: 4 }).map((items) => items.join(',')),
  { nil: null },
);

export const requests: fc.Arbitrary<Facts> = fc.record({
  method: fc.oneof(
    fc.constant('OPTIONS'),
    methods.filter((method) => method !== ''),
  ),
  origin: origins,
  requestMethod: fc.option(methods, { nil: null, freq: 6 }),
  requestHeaders,
});
