import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { decide } from '../../src/cors/decide.ts';
import { REASONS } from '../../src/cors/reason.ts';
import { refusal } from '../../src/cors/refusal.ts';
import { record } from '../helpers/rules.ts';
import { behaviours, origins, requests, ruleSets } from './_arbitrary.ts';
import { headersOf, judge, statusOf, varyOf } from './_naive.ts';

const numRuns = 3000;

describe('the engine and the reference implementation of semantics.md agree', () => {
  test('on the rule and the reason (§2)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const decision = decide(compileRules(set, how), facts);
        const { reason, rule } = judge(set, how, facts);
        expect({ reason: decision.reason, rule: decision.rule?.number ?? null }).toEqual({ reason, rule });
        expect(decision.kind).toBe(facts.method === 'OPTIONS' ? 'preflight' : 'actual');
        expect(REASONS).toContain(decision.reason);
      }),
      { numRuns },
    );
  });

  test('on every header, Vary included (§3, §4)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const rules = compileRules(set, how);
        const { headers, vary, noStore } = answer(rules, decide(rules, facts));
        expect(record(headers)).toEqual(headersOf(set, how, facts));
        expect(vary.length === 0 ? null : vary.join(', ')).toBe(varyOf(set, how, facts));
        expect(noStore).toBe(false);
      }),
      { numRuns },
    );
  });

  test('on the status of every preflight, and that an actual request is never blocked (§3)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const rules = compileRules(set, how);
        const decision = decide(rules, facts);
        const refused = refusal(rules, decision, facts, 'OBJECT');
        if (facts.method === 'OPTIONS')
          expect(refused?.status ?? 200).toBe(
            statusOf(judge(set, how, facts).reason, how, facts.requestMethod),
          );
        else expect(refused).toBeNull();
      }),
      { numRuns },
    );
  });

  test('on requests that reach every reason except rules_unavailable', () => {
    const seen = new Set<string>();
    for (const [set, how, facts] of fc.sample(fc.tuple(ruleSets, behaviours, requests), numRuns))
      seen.add(decide(compileRules(set, how), facts).reason);
    expect([...seen].sort()).toEqual(REASONS.filter((reason) => reason !== 'rules_unavailable').sort());
  });
});

describe('for all rules and requests', () => {
  test('Allow-Origin is absent, `*`, or the Origin byte for byte (§3)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const rules = compileRules(set, how);
        const headers = record(answer(rules, decide(rules, facts)).headers);
        const allowed = headers['Access-Control-Allow-Origin'];
        expect([undefined, '*', facts.origin]).toContain(allowed);
        expect(allowed ?? '', 'is one origin').not.toMatch(/[, \t]/);
        if (allowed === undefined) expect(headers).toEqual({});
      }),
      { numRuns },
    );
  });

  test('Allow-Credentials is `true` or absent, and never sent with `*` or `null` (§3)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const rules = compileRules(set, how);
        const headers = record(answer(rules, decide(rules, facts)).headers);
        const credentials = headers['Access-Control-Allow-Credentials'];
        expect([undefined, 'true']).toContain(credentials);
        if (credentials !== undefined)
          expect(['*', 'null']).not.toContain(headers['Access-Control-Allow-Origin']);
      }),
      { numRuns },
    );
  });

  test('the same request gets the same answer, and no request changes the rules', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, how, facts) => {
        const rules = compileRules(set, how);
        const before = structuredClone(rules);
        const first = answer(rules, decide(rules, facts));
        expect(answer(rules, decide(rules, facts))).toEqual(first);
        expect(rules).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test('in `safe` mode an actual answer without Vary is the same for every origin and for no origin (§4)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, origins, origins, (set, behaviour, facts, one, other) => {
        const rules = compileRules(set, { ...behaviour, vary: 'safe' });
        const method = facts.method === 'OPTIONS' ? 'GET' : facts.method;
        const [first, second] = [one, other].map((origin) =>
          answer(rules, decide(rules, { ...facts, method, origin })),
        );
        expect(second?.vary).toEqual(first?.vary);
        if (first?.vary.length === 0) expect(second?.headers).toEqual(first.headers);
      }),
      { numRuns },
    );
  });

  test('in `safe` mode an actual answer does not depend on Access-Control-Request-* (§2.6)', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, (set, behaviour, asked) => {
        const facts = asked.method === 'OPTIONS' ? { ...asked, method: 'GET' } : asked;
        const rules = compileRules(set, { ...behaviour, vary: 'safe' });
        const bare = { ...facts, requestMethod: null, requestHeaders: null };
        expect(decide(rules, facts)).toEqual(decide(rules, bare));
      }),
      { numRuns: 1000 },
    );
  });
});
