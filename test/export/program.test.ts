import vm from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { differenceOf, type Outcome, outcomeOf } from '../../src/export/outcome.ts';
import { programOf } from '../../src/export/program/program.ts';
import { requestsFor } from '../../src/export/requests.ts';
import * as arbitrary from '../cors/_arbitrary.ts';
import { ruleSets } from './_rule-sets.ts';

type Answer = { status: number | null; headers: [string, string][]; vary: string[]; body: string };
interface Program {
  cors(method: string, origin: string | null, asked: string | null, headers: string | null): Answer;
  mergedVary(own: string, names: readonly string[]): string;
}

const run = (text: string): Program =>
  vm.runInNewContext(`'use strict';\n${text}\n({ cors, mergedVary })`, Object.create(null));

function outcomeBy({ cors, mergedVary }: Program, request: Facts, own: readonly string[]): Outcome {
  const { method, origin, requestMethod, requestHeaders } = request;
  const { status, headers, vary } = cors(method, origin, requestMethod, requestHeaders);
  const merged = status === null ? mergedVary(own.join(', '), vary) : vary.join(', ');
  return { status, headers: [...headers, ...(merged === '' ? [] : [['Vary', merged] as const])] };
}

function expectAlike(rules: CompiledRules, program: Program, request: Facts, own: readonly string[] = []) {
  const difference = differenceOf(
    request,
    outcomeOf(rules, request, own),
    outcomeBy(program, request, own),
    'equal',
  );
  if (difference !== null) expect.fail(`${JSON.stringify(request)}: ${difference}`);
}

const vary = fc.constantFrom<readonly string[]>(
  [],
  ['Origin'],
  ['accept-encoding , origin', 'Accept'],
  ['*'],
  ['', ' ,Accept,accept'],
  ['__proto__, constructor'],
);

describe.each([false, true])('a program (compact: %s)', (isCompact) => {
  test('answers as the engine does, for any rules and requests', () => {
    fc.assert(
      fc.property(
        arbitrary.ruleSets,
        arbitrary.behaviours.map((behaviour) => ({ ...behaviour, vary: 'safe' as const })),
        fc.array(fc.tuple(arbitrary.requests, vary), { minLength: 1, maxLength: 20 }),
        (set, behaviour, requests) => {
          const rules = compileRules(set, behaviour);
          const program = run(programOf(rules, { isCompact }));
          for (const [request, own] of requests) expectAlike(rules, program, request, own);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('answers as the engine does, around the classes of each rule set', () => {
    for (const { rules } of ruleSets()) {
      const program = run(programOf(rules, { isCompact }));
      for (const request of requestsFor(rules, 300, 3))
        expectAlike(rules, program, request, ['Accept-Encoding, Origin']);
    }
  });
});
