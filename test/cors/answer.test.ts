import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import type { CompiledRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { ask, behaviour, compiled, preflight, record, rule } from '../helpers/rules.ts';

const A = 'https://a.example';
const headersFor = (rules: CompiledRules, facts: Facts) =>
  record(answer(rules, decide(rules, facts)).headers);

describe.each(DIALECT_NAMES)('%s: the CORS headers (semantics.md §3, first table)', (dialect) => {
  const headers = (rules: readonly Rule[], facts: Facts) =>
    headersFor(compiled(rules, behaviour(dialect)), facts);

  test.each([
    ['`*` when the rule lists `*`', ['*'], A, '*'],
    ['`*` when the rule lists `*` beside the origin itself', [A, '*'], A, '*'],
    ['`*` for the origin `null` when the rule lists `*`', ['*'], 'null', '*'],
    ['`null` when the rule lists `null`', ['null'], 'null', 'null'],
    ['the origin, not the pattern that matches it', ['https://*.example'], A, A],
    ['the matching origin, not the list of the rule', [A, 'https://b.example'], A, A],
    [
      'the origin byte for byte, with capitals, default port and slash',
      ['HTTP://*'],
      'HTTP://A.example:80/',
      'HTTP://A.example:80/',
    ],
  ])('Allow-Origin is %s', (_, allowedOrigins, origin, expected) => {
    for (const facts of [ask({ origin }), preflight(origin, 'GET')])
      expect(headers([rule({ allowedOrigins })], facts)['Access-Control-Allow-Origin']).toBe(expected);
  });

  test('Allow-Methods lists the methods of the rule in its order, on preflight and actual answers', () => {
    const rules = [rule({ allowedMethods: ['PUT', 'GET', 'HEAD'] })];
    for (const facts of [ask({ origin: A }), preflight(A, 'PUT')])
      expect(headers(rules, facts)['Access-Control-Allow-Methods']).toBe('PUT, GET, HEAD');
  });

  test.each([
    ['the requested names, lower-cased', preflight(A, 'GET', 'X-B,x-a'), 'x-b, x-a'],
    ['each name once', preflight(A, 'GET', 'x-a, X-A'), 'x-a'],
    ['no empty names', preflight(A, 'GET', ',x-a, ,'), 'x-a'],
    ['absent when none is requested', preflight(A, 'GET'), undefined],
    ['absent when only blanks are requested', preflight(A, 'GET', ' , '), undefined],
    [
      'absent on an actual answer',
      ask({ origin: A, requestMethod: 'GET', requestHeaders: 'x-a' }),
      undefined,
    ],
  ])('Allow-Headers: %s', (_, facts, expected) => {
    const rules = [rule({ allowedHeaders: ['*', 'x-never-requested'] })];
    expect(headers(rules, facts)['Access-Control-Allow-Headers']).toBe(expected);
  });

  test.each([
    [
      'Expose-Headers is the list, joined by commas',
      { exposeHeaders: ['ETag', 'x-b'] },
      'Expose-Headers',
      'ETag, x-b',
    ],
    ['Expose-Headers is absent when the list is empty', {}, 'Expose-Headers', undefined],
    ['Max-Age is the number of seconds', { maxAgeSeconds: 600 }, 'Max-Age', '600'],
    ['Max-Age 0 is sent too', { maxAgeSeconds: 0 }, 'Max-Age', '0'],
    ['Max-Age is absent when unset', {}, 'Max-Age', undefined],
  ])('%s, on preflight and actual answers', (_, about, name, expected) => {
    for (const facts of [ask({ origin: A }), preflight(A, 'GET')])
      expect(headers([rule(about)], facts)[`Access-Control-${name}`]).toBe(expected);
  });

  test.each([
    ['to an actual request of another origin', ask({ origin: 'https://b.example' })],
    ['to an actual request with a method not allowed', ask({ origin: A, method: 'PUT' })],
    ['to a request without Origin', ask()],
    ['to a request with an empty Origin', ask({ origin: '' })],
    ['to a preflight refused for its method', preflight(A, 'PUT')],
    ['to a preflight refused for its headers', preflight(A, 'GET', 'x-a')],
    ['to OPTIONS without Origin', preflight(null, 'GET')],
    ['to OPTIONS without the requested method', preflight(A, null)],
  ])('an answer %s has no CORS headers', (_, facts) => {
    expect(headers([rule({ allowedOrigins: [A], exposeHeaders: ['ETag'] })], facts)).toEqual({});
  });
});

describe('Allow-Credentials (semantics.md §3)', () => {
  const PATTERN = 'https://*.example';
  test.each([
    ['s3 sends it with an origin that the rule names', 's3', false, [A], A, 'true'],
    ['s3 sends it with an origin that a pattern matches', 's3', false, [PATTERN], A, 'true'],
    ['s3 never sends it with `*`', 's3', false, ['*'], A, undefined],
    [
      's3 never sends it with `*`, even if the rule names the origin too',
      's3',
      false,
      [A, '*'],
      A,
      undefined,
    ],
    ['s3 never sends it with `null`', 's3', false, ['null'], 'null', undefined],
    ['s3 never sends it with `null` that a pattern matches', 's3', false, ['n*'], 'null', undefined],
    ['oss does not send it', 'oss', false, [A], A, undefined],
    [
      'oss with the dangerous option sends it with an origin that the rule names',
      'oss',
      true,
      [A],
      A,
      'true',
    ],
    [
      'oss with the dangerous option does not send it if only a pattern matches the origin',
      'oss',
      true,
      [PATTERN],
      A,
      undefined,
    ],
    [
      'oss with the dangerous option sends it if the rule names the origin beside a pattern',
      'oss',
      true,
      [PATTERN, A],
      A,
      'true',
    ],
    ['oss with the dangerous option never sends it with `*`', 'oss', true, ['*'], A, undefined],
    [
      'oss with the dangerous option never sends it with `*` beside the origin',
      'oss',
      true,
      [A, '*'],
      A,
      undefined,
    ],
    ['oss with the dangerous option never sends it with `null`', 'oss', true, ['null'], 'null', undefined],
  ] as const)('%s', (_, dialect, dangerously, allowedOrigins, origin, expected) => {
    const rules = compiled([rule({ allowedOrigins })], behaviour(dialect, 'safe', dangerously));
    for (const facts of [ask({ origin }), preflight(origin, 'GET')]) {
      expect(decide(rules, facts).reason).toBe('matched');
      expect(headersFor(rules, facts)['Access-Control-Allow-Credentials']).toBe(expected);
    }
  });

  test('the chosen rule decides, not a later one that names the origin', () => {
    const later = [rule({ allowedOrigins: [PATTERN] }), rule({ allowedOrigins: [A] })];
    const rules = compiled(later, behaviour('oss', 'safe', true));
    expect(headersFor(rules, ask({ origin: A }))).not.toHaveProperty('Access-Control-Allow-Credentials');
  });
});
