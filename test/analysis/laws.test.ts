import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffRules, isWider } from '../../src/analysis/diff.ts';
import { modelOf } from '../../src/analysis/model.ts';
import { reachOf } from '../../src/analysis/reach.ts';
import { actualRequest, preflightRequest, tableOf } from '../../src/analysis/table.ts';
import { vectorsOf } from '../../src/analysis/vectors.ts';
import { matchesEntries } from '../../src/cors/pattern.ts';
import {
  compiledRules,
  headerSets,
  judge,
  ORIGIN_WORDS,
  pairsOfRules,
  SEEN_METHODS,
  shortRequests,
} from './_brute.ts';

describe('the classes of origins', () => {
  test('contain every short origin: some witness is accepted by the same rules', () => {
    fc.assert(
      fc.property(compiledRules, (rules) => {
        const signature = (word: string) =>
          rules.rules.map(({ origins }) => Number(matchesEntries(origins, word))).join('');
        const witnesses = new Set(modelOf([rules]).origins.map(({ witness }) => signature(witness)));
        expect(ORIGIN_WORDS.filter((word) => !witnesses.has(signature(word)))).toEqual([]);
      }),
    );
  });

  test('differ from one another, and all origins of one are accepted by the same rules', () => {
    fc.assert(
      fc.property(compiledRules, (rules) => {
        const { origins } = modelOf([rules]);
        for (const { witness, origins: members } of origins)
          for (const member of members)
            expect(rules.rules.map((rule) => matchesEntries(rule.origins, member))).toEqual(
              rules.rules.map((rule) => matchesEntries(rule.origins, witness)),
            );
      }),
    );
  });
});

describe('the table of decisions', () => {
  test('says what decide says of the witness of each row', () => {
    fc.assert(
      fc.property(compiledRules, (rules) => {
        const model = modelOf([rules]);
        const [set] = model.sets;
        for (const row of tableOf(model, set!)) {
          const { origin, method, actual, preflights } = row;
          expect(judge(rules, actualRequest(origin.witness, method)).rule).toBe(actual?.number ?? null);
          for (const { rule, headers } of preflights)
            expect(judge(rules, preflightRequest(origin.witness, method, headers.witnesses)).rule).toBe(
              rule.number,
            );
        }
      }),
    );
  });
});

describe('a rule', () => {
  test('that is found unreachable decides no short request', () => {
    fc.assert(
      fc.property(compiledRules, headerSets, (rules, sets) => {
        const { rules: reach, complete } = reachOf(rules);
        expect(complete).toBe(true);
        const never = new Set(reach.filter(({ byPreflight }) => !byPreflight).map(({ rule }) => rule.number));
        const neverActual = new Set(reach.filter(({ byActual }) => !byActual).map(({ rule }) => rule.number));
        if (neverActual.size === 0) return;
        for (const origin of ORIGIN_WORDS)
          for (const method of SEEN_METHODS) {
            expect(neverActual).not.toContain(judge(rules, actualRequest(origin, method)).rule);
            if (never.size > 0 && origin.length < 4)
              for (const headers of sets)
                expect(never).not.toContain(judge(rules, preflightRequest(origin, method, headers)).rule);
          }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the diff of two rule sets', () => {
  test('has a difference for every short request that they answer differently', () => {
    fc.assert(
      fc.property(pairsOfRules, headerSets, ([before, after], sets) => {
        const { differences, complete } = diffRules(before, after);
        expect(complete).toBe(true);
        const kinds = new Set(
          differences.map(
            ({ kind, method, before: was, after: is }) => `${kind} ${method} ${was.rule} ${is.rule}`,
          ),
        );
        for (const origin of ORIGIN_WORDS.filter((word) => word.length < 5))
          for (const method of SEEN_METHODS) {
            const requests = [
              ['actual', actualRequest(origin, method)] as const,
              ...(origin.length < 4
                ? sets.map((set) => ['preflight', preflightRequest(origin, method, set)] as const)
                : []),
            ];
            for (const [kind, request] of requests) {
              const [was, is] = [judge(before, request), judge(after, request)];
              if (was.headers !== is.headers)
                expect(kinds).toContain(`${kind} ${method} ${was.rule} ${is.rule}`);
            }
          }
      }),
      { numRuns: 40 },
    );
  });

  test('shows requests that the two do answer differently, with the rules it names', () => {
    fc.assert(
      fc.property(pairsOfRules, ([before, after]) => {
        for (const { request, before: was, after: is } of diffRules(before, after).differences) {
          const [one, other] = [judge(before, request), judge(after, request)];
          expect(one.headers).not.toBe(other.headers);
          expect([one.rule, other.rule]).toEqual([was.rule, is.rule]);
        }
      }),
    );
  });

  test('of a rule set and itself is empty', () => {
    fc.assert(
      fc.property(compiledRules, (rules) => {
        expect(diffRules(rules, rules).differences).toEqual([]);
      }),
    );
  });

  test('without a wider difference means that no short request is newly allowed', () => {
    fc.assert(
      fc.property(pairsOfRules, headerSets, ([before, after], sets) => {
        if (diffRules(before, after).differences.some(isWider)) return;
        for (const request of shortRequests(sets))
          if (judge(after, request).rule !== null) expect(judge(before, request).rule).not.toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});

describe('the vectors of a rule set', () => {
  test('contain every decision of the short requests, each once', () => {
    fc.assert(
      fc.property(compiledRules, headerSets, (rules, sets) => {
        const { vectors } = vectorsOf(rules);
        const decisions = vectors.map(({ kind, reason, rule }) => `${kind} ${reason} ${rule}`);
        expect(new Set(decisions).size).toBe(decisions.length);
        const found = new Set(vectors.map(({ kind, rule }) => `${kind} ${rule}`));
        const brute = new Set<string>();
        for (const origin of ORIGIN_WORDS.filter((word) => word.length < 4))
          for (const method of SEEN_METHODS) {
            brute.add(`actual ${judge(rules, actualRequest(origin, method)).rule}`);
            for (const set of sets)
              brute.add(`preflight ${judge(rules, preflightRequest(origin, method, set)).rule}`);
          }
        expect([...brute].filter((decision) => !found.has(decision))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
