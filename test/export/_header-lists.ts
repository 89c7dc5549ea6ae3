import * as fc from 'fast-check';
import type { Behaviour } from '../../src/cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import { METHODS, type Rule } from '../../src/cors/rule.ts';
import { behaviourOf } from './_rule-sets.ts';

/** The origin of every rule, unless it is for all. */
export const ONE = 'https://a.example';

const LISTED = ['x-a', 'X-B', 'x-c', 'authorization'] as const;

/** Sets of names to ask for: all of at most three of those in the rules, and one that no rule lists. */
export const NAME_SETS: readonly (readonly string[])[] = subsets([
  ...LISTED.map((name) => name.toLowerCase()),
  'x-other',
]).filter(({ length }) => length <= 3);

function subsets(names: readonly string[]): readonly (readonly string[])[] {
  const [first, ...others] = names;
  if (first === undefined) return [[]];
  const without = subsets(others);
  return [...without, ...without.map((set) => [first, ...set])];
}

/** Lists of headers that are often a part of one another, so that several rules decide. */
const headers = fc.oneof(
  { arbitrary: fc.subarray([...LISTED]), weight: 8 },
  { arbitrary: fc.constant(['*']), weight: 1 },
);

/** Several rules of one origin, with lists of methods and headers of their own. */
const rules: fc.Arbitrary<readonly Rule[]> = fc
  .record({
    origin: fc.constantFrom(ONE, ONE, '*'),
    ages: fc.constantFrom([60], [60], [60, 600]),
    credentials: fc.boolean(),
  })
  .chain(({ origin, ages }) =>
    fc.array(
      fc.record({
        allowedOrigins: fc.constant([origin]),
        allowedMethods: fc.subarray([...METHODS], { minLength: 1, maxLength: 3 }),
        allowedHeaders: headers,
        exposeHeaders: fc.constant([]),
        maxAgeSeconds: fc.constantFrom(...ages),
      }),
      { minLength: 2, maxLength: 6 },
    ),
  );

const BEHAVIOURS: readonly Behaviour[] = [behaviourOf('oss'), behaviourOf('s3'), behaviourOf('oss', true)];

/** Random rule sets, the same in each run. */
export const headerRules = (count: number, seed: number): readonly CompiledRules[] =>
  fc
    .sample(fc.tuple(rules, fc.constantFrom(...BEHAVIOURS)), { seed, numRuns: count })
    .map(([sampled, behaviour]) => compileRules({ rules: sampled, responseVary: false }, behaviour));
