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
    ['the first matching rule applies', [forA(), rule()], ask({ origin: A }), 'matched', 1],
    ['a wide rule hides a later narrow one', [rule(), forA()], ask({ origin: A }), 'matched', 1],
    ['a rule of another origin is skipped', [forA(), rule()], ask({ origin: B }), 'matched', 2],
    [
      'a rule of the same origin and another method is skipped',
      [forA(), forA({ allowedMethods: ['PUT'] })],
      ask({ origin: A, method: 'PUT' }),
      'matched',
      2,
    ],
    [
      'a rule that lacks a requested header is skipped',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedHeaders: ['x-two'] })],
      preflight(A, 'GET', 'x-two'),
      'matched',
      2,
    ],
    [
      'two rules that allow one requested header each are not merged',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedHeaders: ['x-two'] })],
      preflight(A, 'GET', 'x-one, x-two'),
      'header_not_allowed',
      null,
    ],
    [
      'the origin of one rule and the method of another are not merged',
      [forA(), rule({ allowedOrigins: [B], allowedMethods: ['PUT'] })],
      ask({ origin: A, method: 'PUT' }),
      'method_not_allowed',
      null,
    ],
    ['without rules no actual request matches', [], ask({ origin: A }), 'no_rules', null],
    ['without rules no preflight matches', [], preflight(A, 'GET'), 'no_rules', null],
    ['an origin that no rule lists is the reason', [forA()], ask({ origin: B }), 'origin_not_allowed', null],
    [
      'the reason is that of the rule that came closest to a match, also if it is not the last',
      [forA({ allowedHeaders: ['x-one'] }), forA({ allowedMethods: ['PUT'] }), rule({ allowedOrigins: [B] })],
      preflight(A, 'GET', 'x-two'),
      'header_not_allowed',
      null,
    ],
    [
      'a rule that fails on the method is closer to a match than one that fails on the origin',
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
    ['`*` matches `null`', ['*'], 'null', true],
    ['`null` matches `null`', ['null'], 'null', true],
    ['an entry for another origin does not match `null`', [A], 'null', false],
    ['an entry `null` matches no other origin', ['null'], A, false],
    ['an entry `null` does not match `Null`', ['null'], 'Null', false],
    ['one matching entry is enough', [B, 'https://*.example'], 'https://c.example', true],
    ['capitals in an entry are not lower-cased', ['https://A.example'], A, false],
    ['an Origin with a list of two allowed origins matches no entry', [A, B], `${A}, ${B}`, false],
    ['a list in Origin matches no pattern', ['https://*'], `${A}, ${B}`, false],
    ['a list without a blank in Origin matches no pattern', ['https://*.example'], `${A},${B}`, false],
    ['a list in Origin does not match `*`', ['*'], `${A}, ${B}`, false],
    ['origins with a blank between them match no pattern', ['https://*.example'], `${A} ${B}`, false],
    ['origins with a tab between them do not match `*`', ['*'], `${A}\t${B}`, false],
    ['a list in Origin does not match an equal entry', [`${A}, ${B}`], `${A}, ${B}`, false],
    ['a comma makes a list also beside an empty item', ['*'], `, ${A}`, false],
  ])('%s', (_, allowedOrigins, origin, matches) => {
    expect(outcome([rule({ allowedOrigins })], ask({ origin }), dialect)[0] === 'matched').toBe(matches);
    expect(outcome([rule({ allowedOrigins })], preflight(origin, 'GET'), dialect)[0] === 'matched').toBe(
      matches,
    );
  });
});

describe.each(DIALECT_NAMES)('%s: method (semantics.md §2.4)', (dialect) => {
  test.each([
    ['an actual request is compared by its own method', ask({ origin: A, method: 'PUT' }), true],
    ['a preflight is compared by the method that it requests', preflight(A, 'PUT'), true],
    ['a rule for GET does not allow HEAD', ask({ origin: A, method: 'HEAD' }), false],
    ['a rule for GET does not allow a preflight for HEAD', preflight(A, 'HEAD'), false],
    ['a method in lower case does not match', ask({ origin: A, method: 'get' }), false],
    ['a requested method in lower case does not match', preflight(A, 'put'), false],
    ['a blank before a requested method is not trimmed', preflight(A, ' PUT'), false],
    ['a preflight for OPTIONS is refused, since no rule can list it', preflight(A, 'OPTIONS'), false],
    ['an unknown method is refused', ask({ origin: A, method: 'PATCH' }), false],
  ])('%s', (_, facts, matches) => {
    const reason = outcome([rule({ allowedMethods: ['GET', 'PUT'] })], facts, dialect)[0];
    expect(reason).toBe(matches ? 'matched' : 'method_not_allowed');
  });

  test('a request with the method `options` in lower case is an actual request with an unknown method', () => {
    const { kind, reason } = decide(compiled([rule()]), ask({ origin: A, method: 'options' }));
    expect([kind, reason]).toEqual(['actual', 'method_not_allowed']);
  });
});

describe.each(DIALECT_NAMES)('%s: requested headers (semantics.md §2.5)', (dialect) => {
  test.each([
    ['a lone * allows every name', ['*'], 'x-a, authorization', true],
    ['a prefix allows a name that begins with it', ['x-oss-*'], 'x-oss-meta-a', true],
    ['a prefix allows a name that equals it', ['x-oss-*'], 'x-oss-', true],
    ['a prefix does not allow a name that begins otherwise', ['x-oss-*'], 'x-amz-meta-a', false],
    ['a suffix allows a name that ends with it', ['*-date'], 'x-oss-date', true],
    ['case in the entry is ignored', ['X-OSS-Date'], 'x-oss-date', true],
    ['case in the request is ignored', ['x-oss-date'], 'X-Oss-DATE', true],
    ['case beside a * is ignored', ['X-OSS-*'], 'x-oss-date', true],
    ['every name must be allowed', ['x-a'], 'x-a, x-b', false],
    ['the names may be allowed by different entries', ['x-a', 'x-b*'], 'x-b1, x-a', true],
    ['a rule without AllowedHeader refuses any name', [], 'x-a', false],
    ['a rule without AllowedHeader allows a preflight that requests no headers', [], null, true],
    ['an empty list requests no headers', [], '', true],
    ['blanks and commas request no headers', [], ' , ,\t,', true],
    ['empty items are dropped', ['x-a', 'x-b'], 'x-a,,x-b,', true],
    ['blanks around names are dropped', ['x-a', 'x-b'], ' x-a\t,  x-b ', true],
    ['a blank inside a name is part of it', ['x-a', 'x-b'], 'x-a x-b', false],
    ['a name requested twice counts once', ['x-a'], 'x-a, X-A', true],
    ['content-type is no exception', ['x-a'], 'content-type', false],
  ])('%s', (_, allowedHeaders, requestHeaders, matches) => {
    const reason = outcome([rule({ allowedHeaders })], preflight(A, 'GET', requestHeaders), dialect)[0];
    expect(reason).toBe(matches ? 'matched' : 'header_not_allowed');
  });

  test('safe mode does not compare the headers of an actual request', () => {
    expect(outcome([rule()], ask({ origin: A, requestHeaders: 'x-a' }), dialect)).toEqual(['matched', 1]);
  });

  test('the requested names are lower-cased, without duplicates, in their order', () => {
    expect(requestedNames('X-B,x-a , ,x-b,\tX-C')).toEqual(['x-b', 'x-a', 'x-c']);
  });
});

describe('an actual request that carries Access-Control-Request-* (semantics.md §2.6)', () => {
  const rules = [rule({ allowedMethods: ['GET'], allowedHeaders: ['x-a'] })];
  const asks = (requestMethod: string, requestHeaders: string | null = null, method = 'GET') =>
    ask({ method, origin: A, requestMethod, requestHeaders });

  test.each([
    [
      's3 in store mode compares Access-Control-Request-Method',
      's3',
      'store',
      asks('PUT'),
      'method_not_allowed',
    ],
    [
      's3 in store mode allows a PUT whose Access-Control-Request-Method is GET',
      's3',
      'store',
      asks('GET', null, 'PUT'),
      'matched',
    ],
    [
      's3 in store mode compares Access-Control-Request-Headers too',
      's3',
      'store',
      asks('GET', 'x-b'),
      'header_not_allowed',
    ],
    ['s3 in store mode allows headers that the rule lists', 's3', 'store', asks('GET', 'x-a'), 'matched'],
    [
      's3 in store mode compares the headers also if the requested method is empty',
      's3',
      'store',
      asks('', 'x-b'),
      'header_not_allowed',
    ],
    [
      's3 in store mode compares the headers also without a requested method',
      's3',
      'store',
      ask({ origin: A, requestHeaders: 'x-a, x-b' }),
      'header_not_allowed',
    ],
    [
      's3 in store mode allows headers that the rule lists without a requested method',
      's3',
      'store',
      ask({ origin: A, requestHeaders: 'X-A' }),
      'matched',
    ],
    [
      's3 in store mode compares the own method of a request without a requested method',
      's3',
      'store',
      ask({ method: 'PUT', origin: A, requestHeaders: 'x-a' }),
      'method_not_allowed',
    ],
    [
      's3 in store mode treats an empty list of headers as no headers',
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
  const getForAll = [forA({ allowedMethods: ['PUT'] }), rule({ allowedMethods: ['GET'] })];

  test('gets in safe mode the headers that every origin gets, and is never echoed', () => {
    const rules = compiled(getForAll, behaviour('s3', 'safe'));
    const decision = decide(rules, ask({ origin: list }));
    expect([decision.reason, decision.rule?.number]).toEqual(['origin_not_allowed', 2]);
    const { headers, vary } = answer(rules, decision);
    expect(record(headers)).toMatchObject({ 'Access-Control-Allow-Origin': '*' });
    expect(headers).not.toContain('Access-Control-Allow-Credentials');
    expect(vary).toEqual([]);
  });

  test.each([
    ['in store mode', 'store', 'GET'],
    ['if the answer depends on the origin', 'safe', 'PUT'],
  ] as const)('gets no headers %s', (_, vary, method) => {
    const rules = compiled(getForAll, behaviour('s3', vary));
    const decision = decide(rules, ask({ method, origin: list }));
    expect([decision.reason, decision.rule]).toEqual(['origin_not_allowed', null]);
    expect(answer(rules, decision).headers).toEqual([]);
  });

  test('is refused by s3 after a method outside the five, by oss before it', () => {
    expect(outcome(getForAll, preflight(list, 'PATCH'), 's3')).toEqual(['method_not_allowed', null]);
    expect(outcome(getForAll, preflight(list, 'PATCH'), 'oss')).toEqual(['origin_not_allowed', null]);
  });
});

describe('the checks before any rule (semantics.md §3, second table)', () => {
  const rules = [rule({ allowedOrigins: [A] })];
  test.each([
    [
      's3 checks for a method outside the five before it compares the origin',
      preflight(B, 'PATCH'),
      's3',
      'method_not_allowed',
    ],
    [
      'oss compares the origin of a preflight for a method outside the five',
      preflight(B, 'PATCH'),
      'oss',
      'origin_not_allowed',
    ],
    [
      'an actual request with an empty Origin is not a CORS request: s3',
      ask({ origin: '' }),
      's3',
      'not_cors',
    ],
    [
      'an actual request with an empty Origin is not a CORS request: oss',
      ask({ origin: '' }),
      'oss',
      'not_cors',
    ],
  ] as const)('%s', (_, facts, dialect, reason) => {
    expect(outcome(rules, facts, dialect)).toEqual([reason, null]);
  });

  test.each(DIALECT_NAMES)('a missing Origin is checked before missing rules: %s', (dialect) => {
    expect(outcome([], ask(), dialect)).toEqual(['not_cors', null]);
    expect(outcome([], preflight(null, 'GET'), dialect)).toEqual(['origin_missing', null]);
  });
});
