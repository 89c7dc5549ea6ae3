import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { decide, requestedNames } from '../../src/cors/decide.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { ask, behaviour, compiled, preflight, record, rule } from '../helpers/rules.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const forA = (about: Partial<Rule> = {}) => rule({ allowedOrigins: [A], ...about });

const outcome = (rules: readonly Rule[], facts: Parameters<typeof decide>[1], dialect = DIALECT_NAMES[0]) => {
  const decision = decide(compiled(rules, behaviour(dialect ?? 'oss')), facts);
  return [decision.reason, decision.rule?.number ?? null];
};

describe.each(DIALECT_NAMES)('%s: choosing the rule (semantics.md §2.1)', (dialect) => {
  test.each([
    ['the first rule that fits wins', [forA(), rule()], ask({ origin: A }), 'matched', 1],
    ['a wide rule placed first hides a narrow later one', [rule(), forA()], ask({ origin: A }), 'matched', 1],
    ['a rule of another origin is passed over', [forA(), rule()], ask({ origin: B }), 'matched', 2],
    [
      'a rule of the same origin and another method is passed over',
      [forA(), forA({ allowedMethods: ['PUT'] })],
      ask({ origin: A, method: 'PUT' }),
      'matched',
      2,
    ],
    [
      'a rule that lacks a requested header is passed over',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedHeaders: ['x-two'] })],
      preflight(A, 'GET', 'x-two'),
      'matched',
      2,
    ],
    [
      'two rules that allow one requested header each do not make one that allows both',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedHeaders: ['x-two'] })],
      preflight(A, 'GET', 'x-one, x-two'),
      'header_not_allowed',
      null,
    ],
    [
      'origin of one rule and method of another do not make a rule',
      [forA(), rule({ allowedOrigins: [B], allowedMethods: ['PUT'] })],
      ask({ origin: A, method: 'PUT' }),
      'method_not_allowed',
      null,
    ],
    ['without a rule nobody fits', [], ask({ origin: A }), 'no_rules', null],
    ['without a rule no preflight fits', [], preflight(A, 'GET'), 'no_rules', null],
    ['an origin in no rule is the reason', [forA()], ask({ origin: B }), 'origin_not_allowed', null],
    [
      'the reason is that of the rule that came nearest, wherever it stands',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedMethods: ['PUT'] }), rule({ allowedOrigins: [B] })],
      preflight(A, 'GET', 'x-two'),
      'header_not_allowed',
      null,
    ],
    [
      'a method not allowed comes nearer than an origin not allowed',
      [rule({ allowedOrigins: [B] }), forA({ allowedMethods: ['PUT'] }), rule({ allowedOrigins: [B] })],
      ask({ origin: A }),
      'method_not_allowed',
      null,
    ],
  ])('%s', (_, rules, facts, reason, number) => {
    expect(outcome(rules, facts, dialect)).toEqual([reason, number]);
  });
});

describe.each(DIALECT_NAMES)('%s: origin (semantics.md §2.2, §2.3)', (dialect) => {
  test.each([
    ['`null` is taken by `*`', ['*'], 'null', true],
    ['`null` is taken by a literal `null`', ['null'], 'null', true],
    ['`null` is not taken by another origin', [A], 'null', false],
    ['a rule for `null` takes no other origin', ['null'], A, false],
    ['`Null` is not `null`', ['null'], 'Null', false],
    ['any entry of the list will do', [B, 'https://*.example'], 'https://c.example', true],
    ['capitals in an entry are not folded', ['https://A.example'], A, false],
    ['a list of two allowed origins matches neither', [A, B], `${A}, ${B}`, false],
    ['a list matches no pattern', ['https://*'], `${A}, ${B}`, false],
    ['a list without a blank matches no pattern', ['https://*.example'], `${A},${B}`, false],
    ['a list matches no `*`', ['*'], `${A}, ${B}`, false],
    ['origins with a blank between them match no pattern', ['https://*.example'], `${A} ${B}`, false],
    ['origins with a tab between them match no `*`', ['*'], `${A}\t${B}`, false],
    ['an entry that is a list itself matches no list', [`${A}, ${B}`], `${A}, ${B}`, false],
    ['an empty item makes a list too', ['*'], `, ${A}`, false],
  ])('%s', (_, allowedOrigins, origin, fits) => {
    expect(outcome([rule({ allowedOrigins })], ask({ origin }), dialect)[0] === 'matched').toBe(fits);
    expect(outcome([rule({ allowedOrigins })], preflight(origin, 'GET'), dialect)[0] === 'matched').toBe(
      fits,
    );
  });
});

describe.each(DIALECT_NAMES)('%s: method (semantics.md §2.4)', (dialect) => {
  test.each([
    ['an actual request is judged by its own method', ask({ origin: A, method: 'PUT' }), true],
    ['a preflight is judged by the method it asks for', preflight(A, 'PUT'), true],
    ['HEAD is not implied by GET', ask({ origin: A, method: 'HEAD' }), false],
    ['HEAD asked for is not implied by GET', preflight(A, 'HEAD'), false],
    ['lower case does not match', ask({ origin: A, method: 'get' }), false],
    ['lower case asked for does not match', preflight(A, 'put'), false],
    ['blanks are not trimmed away', preflight(A, ' PUT'), false],
    ['OPTIONS is a method that no rule lists', preflight(A, 'OPTIONS'), false],
    ['an unknown method is refused', ask({ origin: A, method: 'PATCH' }), false],
  ])('%s', (_, facts, fits) => {
    const reason = outcome([rule({ allowedMethods: ['GET', 'PUT'] })], facts, dialect)[0];
    expect(reason).toBe(fits ? 'matched' : 'method_not_allowed');
  });

  test('lower-case options is an actual request of an unknown method', () => {
    const { kind, reason } = decide(compiled([rule()]), ask({ origin: A, method: 'options' }));
    expect([kind, reason]).toEqual(['actual', 'method_not_allowed']);
  });
});

describe.each(DIALECT_NAMES)('%s: requested headers (semantics.md §2.5)', (dialect) => {
  test.each([
    ['a lone * allows every name', ['*'], 'x-a, authorization', true],
    ['an affix allows what it begins', ['x-oss-*'], 'x-oss-meta-a', true],
    ['an affix allows itself without more', ['x-oss-*'], 'x-oss-', true],
    ['an affix does not allow what it does not begin', ['x-oss-*'], 'x-amz-meta-a', false],
    ['a trailing affix compares the end', ['*-date'], 'x-oss-date', true],
    ['case in the entry is ignored', ['X-OSS-Date'], 'x-oss-date', true],
    ['case in the request is ignored', ['x-oss-date'], 'X-Oss-DATE', true],
    ['case beside a * is ignored', ['X-OSS-*'], 'x-oss-date', true],
    ['every name must be allowed', ['x-a'], 'x-a, x-b', false],
    ['the names may be allowed by different entries', ['x-a', 'x-b*'], 'x-b1, x-a', true],
    ['a rule without AllowedHeader refuses any name', [], 'x-a', false],
    ['a rule without AllowedHeader passes a preflight that asks for none', [], null, true],
    ['an empty list asks for none', [], '', true],
    ['blanks and commas ask for none', [], ' , ,\t,', true],
    ['empty items are dropped', ['x-a', 'x-b'], 'x-a,,x-b,', true],
    ['blanks around names are dropped', ['x-a', 'x-b'], ' x-a\t,  x-b ', true],
    ['a blank inside a name is part of it', ['x-a', 'x-b'], 'x-a x-b', false],
    ['a name twice is a name once', ['x-a'], 'x-a, X-A', true],
    ['content-type is no exception', ['x-a'], 'content-type', false],
  ])('%s', (_, allowedHeaders, requestHeaders, fits) => {
    const reason = outcome([rule({ allowedHeaders })], preflight(A, 'GET', requestHeaders), dialect)[0];
    expect(reason).toBe(fits ? 'matched' : 'header_not_allowed');
  });

  test('an actual request is not judged by its headers in safe mode', () => {
    expect(outcome([rule()], ask({ origin: A, requestHeaders: 'x-a' }), dialect)).toEqual(['matched', 1]);
  });

  test('the names come out lower-cased, each once, in the order asked for', () => {
    expect(requestedNames('X-B,x-a , ,x-b,\tX-C')).toEqual(['x-b', 'x-a', 'x-c']);
  });
});

describe('an actual request that carries Access-Control-Request-* (semantics.md §2.6)', () => {
  const rules = [rule({ allowedMethods: ['GET'], allowedHeaders: ['x-a'] })];
  const asks = (requestMethod: string, requestHeaders: string | null = null, method = 'GET') =>
    ask({ method, origin: A, requestMethod, requestHeaders });

  test.each([
    ['s3 in store mode judges it by the method it carries', 's3', 'store', asks('PUT'), 'method_not_allowed'],
    ['s3 in store mode lets a PUT through that says GET', 's3', 'store', asks('GET', null, 'PUT'), 'matched'],
    ['s3 in store mode judges the headers as well', 's3', 'store', asks('GET', 'x-b'), 'header_not_allowed'],
    ['s3 in store mode passes headers that the rule lists', 's3', 'store', asks('GET', 'x-a'), 'matched'],
    [
      's3 in store mode judges the headers though the method is empty',
      's3',
      'store',
      asks('', 'x-b'),
      'header_not_allowed',
    ],
    [
      's3 in store mode judges the headers that come alone',
      's3',
      'store',
      ask({ origin: A, requestHeaders: 'x-a, x-b' }),
      'header_not_allowed',
    ],
    [
      's3 in store mode passes headers that come alone and that the rule lists',
      's3',
      'store',
      ask({ origin: A, requestHeaders: 'X-A' }),
      'matched',
    ],
    [
      's3 in store mode judges the own method of a request with headers alone',
      's3',
      'store',
      ask({ method: 'PUT', origin: A, requestHeaders: 'x-a' }),
      'method_not_allowed',
    ],
    [
      's3 in store mode takes an empty list of headers for none',
      's3',
      'store',
      ask({ origin: A, requestHeaders: ' ,' }),
      'matched',
    ],
    ['s3 in safe mode ignores both', 's3', 'safe', asks('PUT', 'x-b'), 'matched'],
    ['oss in store mode ignores both', 'oss', 'store', asks('PUT', 'x-b'), 'matched'],
    ['oss in safe mode ignores both', 'oss', 'safe', asks('PUT', 'x-b'), 'matched'],
  ] as const)('%s', (_, dialect, vary, facts, reason) => {
    const decision = decide(compiled(rules, behaviour(dialect, vary)), facts);
    expect(decision.reason).toBe(reason);
    expect(decision.requestedHeaders).toEqual([]);
  });
});

describe('a list in the Origin header', () => {
  const list = `${A}, ${B}`;
  const everybody = [forA({ allowedMethods: ['PUT'] }), rule({ allowedMethods: ['GET'] })];

  test('gets in safe mode what every origin gets, and never its own name', () => {
    const rules = compiled(everybody, behaviour('s3', 'safe'));
    const decision = decide(rules, ask({ origin: list }));
    expect([decision.reason, decision.rule?.number]).toEqual(['origin_not_allowed', 2]);
    const { headers, vary } = answer(rules, decision);
    expect(record(headers)).toMatchObject({ 'Access-Control-Allow-Origin': '*' });
    expect(headers).not.toContain('Access-Control-Allow-Credentials');
    expect(vary).toEqual([]);
  });

  test.each([
    ['in store mode', 'store', 'GET'],
    ['where the answer depends on the origin', 'safe', 'PUT'],
  ] as const)('gets no headers %s', (_, vary, method) => {
    const rules = compiled(everybody, behaviour('s3', vary));
    const decision = decide(rules, ask({ method, origin: list }));
    expect([decision.reason, decision.rule]).toEqual(['origin_not_allowed', null]);
    expect(answer(rules, decision).headers).toEqual([]);
  });

  test('is looked at after the method that s3 objects to first', () => {
    expect(outcome(everybody, preflight(list, 'PATCH'), 's3')).toEqual(['method_not_allowed', null]);
    expect(outcome(everybody, preflight(list, 'PATCH'), 'oss')).toEqual(['origin_not_allowed', null]);
  });
});

describe('what comes before the rules are asked (semantics.md §3, second table)', () => {
  const rules = [rule({ allowedOrigins: [A] })];
  test.each([
    [
      's3 objects to a method outside the five before it looks at the origin',
      preflight(B, 'PATCH'),
      's3',
      'method_not_allowed',
    ],
    ['oss looks at the origin as ever', preflight(B, 'PATCH'), 'oss', 'origin_not_allowed'],
    ['an actual request with an empty Origin is no CORS request: s3', ask({ origin: '' }), 's3', 'not_cors'],
    [
      'an actual request with an empty Origin is no CORS request: oss',
      ask({ origin: '' }),
      'oss',
      'not_cors',
    ],
  ] as const)('%s', (_, facts, dialect, reason) => {
    expect(outcome(rules, facts, dialect)).toEqual([reason, null]);
  });

  test.each(DIALECT_NAMES)('a missing Origin counts before there being no rules: %s', (dialect) => {
    expect(outcome([], ask(), dialect)).toEqual(['not_cors', null]);
    expect(outcome([], preflight(null, 'GET'), dialect)).toEqual(['origin_missing', null]);
  });
});
