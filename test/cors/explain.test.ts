import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { compileRules, missingBucket, unavailableRules } from '../../src/cors/compile.ts';
import { decide } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import { refusal } from '../../src/cors/refusal.ts';
import { varyHeader } from '../../src/cors/vary.ts';
import { ask, behaviour, compiled, preflight, rule } from '../helpers/rules.ts';
import { behaviours, requests, ruleSets } from './_arbitrary.ts';
import { fits, judge, namesAsked } from './_naive.ts';

const A = 'https://a.example';
const numRuns = 3000;

describe('explain', () => {
  test('agrees with decide on kind, reason, rule, status and headers', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, fc.boolean(), (set, how, facts, key) => {
        const rules = compileRules(set, how);
        const resource = key ? 'OBJECT' : 'BUCKET';
        const decision = decide(rules, facts);
        const { headers, vary } = answer(rules, decision);
        const explained = explain(rules, facts, resource);
        expect([explained.kind, explained.reason, explained.rule]).toEqual([
          decision.kind,
          decision.reason,
          decision.rule?.number ?? null,
        ]);
        expect(explained.headers.flat()).toEqual([...headers, ...varyHeader([], vary)]);
        expect(explained.status).toBe(
          decision.kind === 'preflight'
            ? (refusal(rules, decision, facts, resource)?.status ?? 200)
            : undefined,
        );
      }),
      { numRuns },
    );
  });

  test('has the same verdict for each rule as the reference implementation of semantics.md §2', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const verdicts = explain(compileRules(set, how), facts, 'OBJECT').rules;
        const { walk } = judge(set, how, facts);
        expect(verdicts.map(({ rule }) => rule)).toEqual(set.rules.map((_, at) => at + 1));
        expect(verdicts.map(({ id }) => id)).toEqual(set.rules.map(({ id }) => id));
        // Without a comparison with any rule the reference has no walk.
        const faults = set.rules.map((_, at) => walk?.[at]);
        expect(verdicts.map(({ outcome, condition }) => [outcome, condition])).toEqual(
          faults.map((fault) =>
            fault === undefined
              ? ['not_reached', undefined]
              : fault === null
                ? ['matched', undefined]
                : ['failed', fault],
          ),
        );
      }),
      { numRuns },
    );
  });

  test('shows the compared values of the request and of the rule', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        for (const { rule: number, condition, actual, expected } of explain(
          compileRules(set, how),
          facts,
          'OBJECT',
        ).rules) {
          const about = set.rules[number - 1];
          if (condition === undefined) expect([actual, expected]).toEqual([undefined, undefined]);
          if (condition === 'origin')
            expect([actual, expected]).toEqual([facts.origin, about?.allowedOrigins]);
          if (condition === 'method') {
            expect([facts.method, facts.requestMethod]).toContain(actual);
            expect(expected).toEqual(about?.allowedMethods);
          }
          if (condition === 'header') {
            const refusedName = namesAsked(facts.requestHeaders).find(
              (name) => !about?.allowedHeaders.some((entry) => fits(entry.toLowerCase(), name)),
            );
            expect([actual, expected]).toEqual([refusedName, about?.allowedHeaders]);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('always gives the reason as a whole sentence', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const { because } = explain(compileRules(set, how), facts, 'OBJECT');
        expect(because).toMatch(/^.+\.$/s);
        expect(because).not.toMatch(/undefined|NaN|Rules {2}|Rules allow/);
        if (facts.origin !== 'null') expect(because).not.toContain('null');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the sentence of explain names what the operator has to change', () => {
  const forA = rule({ allowedOrigins: [A], allowedHeaders: ['x-a'] });
  const rules = compiled([forA, rule({ allowedOrigins: [A], allowedMethods: ['PUT'] })], behaviour('s3'));

  test.each([
    ['the rule that applies', rules, preflight(A, 'PUT'), /^Rule 2 /],
    ['the origin', rules, ask({ origin: 'https://b.example' }), /https:\/\/b\.example/],
    [
      'the rules that allow the origin, and the method that they lack',
      rules,
      ask({ origin: A, method: 'DELETE' }),
      /^Rules 1, 2 .*DELETE/,
    ],
    ['a method that no rule can list', rules, ask({ origin: A, method: 'get' }), /method get, only GET, PUT/],
    [
      'a method that no rule can list, on a preflight',
      rules,
      preflight(A, 'PATCH'),
      /the method PATCH, only/,
    ],
    ['the header that is not allowed', rules, preflight(A, 'GET', 'x-a, x-b'), /^Rule 1 .*x-b/],
    ['the missing method', rules, preflight(A, null), /Access-Control-Request-Method/],
    ['the missing Origin', rules, preflight(null, 'GET'), /Origin/],
    ['the missing Origin of an actual request', rules, ask(), /not a CORS request/],
    ['the rule that every origin gets', compiled([rule()]), ask(), /rule 1 .*every origin/],
    [
      'an Origin that is a list',
      rules,
      ask({ origin: `${A}, ${A}` }),
      /^https:\/\/a\.example, https:\/\/a\.example is not one origin: .* comma or a blank, so no rule/,
    ],
    [
      'an Origin that is a list, and the rule that every origin gets',
      compiled([rule()]),
      ask({ origin: `${A} ${A}` }),
      /not one origin.* headers of rule 1 because every origin/,
    ],
    ['a preflight whose Origin is a list', rules, preflight(`${A},${A}`, 'GET'), /not one origin/],
    [
      'the method that s3 refuses before an Origin that is a list',
      rules,
      preflight(`${A},${A}`, 'PATCH'),
      /the method PATCH, only/,
    ],
    ['that there are no rules', compiled([]), ask({ origin: A }), /no CORS rules/],
    ['that there is no bucket', missingBucket(behaviour('s3')), ask({ origin: A }), /no such bucket/],
    [
      'that the rules are unknown',
      unavailableRules(behaviour('s3')),
      ask({ origin: A }),
      /could not be read/,
    ],
  ])('%s', (_, set, facts, sentence) => {
    expect(explain(set, facts, 'OBJECT').because).toMatch(sentence);
  });
});
