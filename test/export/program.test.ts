import vm from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { differenceOf, type Outcome, outcomeOf } from '../../src/export/outcome.ts';
import { programOf } from '../../src/export/program/program.ts';
import { requestsFor } from '../../src/export/requests.ts';
import * as arbitrary from '../cors/_arbitrary.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

type Answer = { status: number | null; headers: [string, string][]; vary: string[]; body: string };
interface Program {
  cors(method: string, origin: string | null, asked: string | null, headers: string | null): Answer;
  mergedVary(own: string, names: readonly string[]): string;
}

/** In this context: a new one for each of thousands of programs would take most of the time. */
const run = (text: string): Program =>
  vm.runInThisContext(`(() => { 'use strict';\n${text}\nreturn { cors, mergedVary }; })()`);

function outcomeBy({ cors, mergedVary }: Program, request: Facts, own: readonly string[]): Outcome {
  const { method, origin, requestMethod, requestHeaders } = request;
  const { status, headers, vary } = cors(method, origin, requestMethod, requestHeaders);
  const merged = status === null ? mergedVary(own.join(', '), vary) : vary.join(', ');
  return { status, headers: [...headers, ...(merged === '' ? [] : [['Vary', merged] as const])] };
}

function expectAlike(rules: CompiledRules, program: Program, request: Facts, own: readonly string[] = []) {
  const difference = differenceOf(
    rules,
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

const one = (given: Partial<Rule>): CompiledRules =>
  compileRules(
    {
      rules: [rule({ allowedOrigins: ['https://a.example'], allowedMethods: ['GET', 'PUT'], ...given })],
      responseVary: false,
    },
    behaviourOf('oss'),
  );

describe('a program', () => {
  test('has visible ASCII only, and entries do not end their strings', () => {
    const odd = `https://a$b.example'"\\{}|^\`%</script>`;
    const rules = one({
      allowedOrigins: [odd, 'https://\u2028é.example', '`$' + '{throw 1}*`'],
      allowedHeaders: ['x-é-*'],
      exposeHeaders: ['X-\u{1f600}'],
    });
    const text = programOf(rules);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    const { headers } = run(text).cors('GET', odd, null, null);
    expect(headers[0]).toEqual(['Access-Control-Allow-Origin', odd]);
    expect(headers).toContainEqual(['Access-Control-Expose-Headers', 'X-\u{1f600}']);
  });

  test('takes names that every object has for other names', () => {
    const rules = one({ allowedHeaders: ['constructor', '__proto__', 'hasownproperty'] });
    const names = 'constructor,__proto__,hasOwnProperty,__proto__';
    const { status, headers } = run(programOf(rules)).cors('OPTIONS', 'https://a.example', 'PUT', names);
    expect(status).toBe(200);
    expect(headers).toContainEqual([
      'Access-Control-Allow-Headers',
      'constructor, __proto__, hasownproperty',
    ]);
    expect(run(programOf(rules)).cors('constructor', 'https://a.example', null, null).headers).toEqual([]);
  });

  test('reads a long Access-Control-Request-Headers in time, whatever the rules', () => {
    const many = compileRules(
      {
        rules: Array.from({ length: 100 }, () =>
          rule({ allowedOrigins: ['*'], allowedMethods: ['PUT'], allowedHeaders: ['a', 'b', 'c', 'x-*'] }),
        ),
        responseVary: false,
      },
      behaviourOf('oss'),
    );
    const { cors } = run(programOf(many));
    const long = Array.from({ length: 8_000 }, (_, at) => `x-${at}`).join(',');
    for (const names of [`${long},bad`, ','.repeat(60_000), 'x-'.repeat(30_000), `${long}`.toUpperCase()]) {
      const began = performance.now();
      cors('OPTIONS', 'https://a.example', 'PUT', names);
      expect(performance.now() - began).toBeLessThan(300);
    }
  });

  test('says why it refuses, in the words of the store', () => {
    const { body, status } = run(programOf(one({}))).cors('OPTIONS', 'https://b.example', 'GET', null);
    expect(status).toBe(403);
    expect(body).toContain('<Message>CORSResponse: This CORS request is not allowed.');
  });

  test('without rules is short, and refuses', () => {
    const text = programOf(compileRules({ rules: [], responseVary: false }, behaviourOf('oss')));
    expect(text).not.toContain('RULES');
    expect(run(text).cors('OPTIONS', 'https://b.example', 'GET', null).status).toBe(403);
  });

  test('without comments is a sixth shorter', () => {
    for (const { rules } of ruleSets())
      expect(programOf(rules, { isCompact: true }).length).toBeLessThan(programOf(rules).length * 0.84);
  });
});
