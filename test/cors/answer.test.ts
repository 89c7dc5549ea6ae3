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

describe.each(DIALECT_NAMES)('%s: the headers (semantics.md §3, first table)', (dialect) => {
  const headers = (rules: readonly Rule[], facts: Facts) =>
    headersFor(compiled(rules, behaviour(dialect)), facts);

  test.each([
    ['`*` when the rule lists `*`', ['*'], A, '*'],
    ['`*` when the rule lists `*` beside the origin itself', [A, '*'], A, '*'],
    ['`*` for the origin `null` when the rule lists `*`', ['*'], 'null', '*'],
    ['`null` when the rule lists `null`', ['null'], 'null', 'null'],
    ['the origin, not the pattern', ['https://*.example'], A, A],
    ['the one origin, not the list', [A, 'https://b.example'], A, A],
    [
      'the origin byte for byte, odd as it may be',
      ['HTTP://*'],
      'HTTP://A.example:80/',
      'HTTP://A.example:80/',
    ],
  ])('Allow-Origin is %s', (_, allowedOrigins, origin, expected) => {
    for (const facts of [ask({ origin }), preflight(origin, 'GET')])
      expect(headers([rule({ allowedOrigins })], facts)['Access-Control-Allow-Origin']).toBe(expected);
  });

  test('Allow-Methods is the list of the rule, in its order, on preflight and actual answers', () => {
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
    const rules = [rule({ allowedHeaders: ['*', 'x-never-asked'] })];
    expect(headers(rules, facts)['Access-Control-Allow-Headers']).toBe(expected);
  });

  test.each([
    ['Expose-Headers is the list joined', { exposeHeaders: ['ETag', 'x-b'] }, 'Expose-Headers', 'ETag, x-b'],
    ['Expose-Headers is absent when the list is empty', {}, 'Expose-Headers', undefined],
    ['Max-Age is the number', { maxAgeSeconds: 600 }, 'Max-Age', '600'],
    ['Max-Age 0 is a number', { maxAgeSeconds: 0 }, 'Max-Age', '0'],
    ['Max-Age is absent when unset', {}, 'Max-Age', undefined],
  ])('%s, on preflight and actual answers', (_, about, name, expected) => {
    for (const facts of [ask({ origin: A }), preflight(A, 'GET')])
      expect(headers([rule(about)], facts)[`Access-Control-${name}`]).toBe(expected);
  });

  test.each([
    ['refused for its origin', ask({ origin: 'https://b.example' })],
    ['refused for its method', ask({ origin: A, method: 'PUT' })],
    ['without Origin', ask()],
    ['with an empty Origin', ask({ origin: '' })],
    ['a refused preflight', preflight(A, 'PUT')],
    ['a preflight refused for its headers', preflight(A, 'GET', 'x-a')],
    ['OPTIONS without Origin', preflight(null, 'GET')],
    ['OPTIONS without the method', preflight(A, null)],
  ])('there are none on an answer %s', (_, facts) => {
    expect(headers([rule({ allowedOrigins: [A], exposeHeaders: ['ETag'] })], facts)).toEqual({});
  });
});

describe('Allow-Credentials (semantics.md §3)', () => {
  const STARRED = 'https://*.example';
  test.each([
    ['s3 sends it with an origin that is named', 's3', false, [A], A, 'true'],
    ['s3 sends it with an origin that a * let in', 's3', false, [STARRED], A, 'true'],
    ['s3 never sends it with `*`', 's3', false, ['*'], A, undefined],
    ['s3 never sends it with `*`, though the origin is named too', 's3', false, [A, '*'], A, undefined],
    ['s3 never sends it with `null`', 's3', false, ['null'], 'null', undefined],
    ['s3 never sends it with `null` that a * let in', 's3', false, ['n*'], 'null', undefined],
    ['oss does not send it', 'oss', false, [A], A, undefined],
    ['oss with the dangerous option sends it with an origin that is named', 'oss', true, [A], A, 'true'],
    [
      'oss with the dangerous option does not send it where a * let the origin in',
      'oss',
      true,
      [STARRED],
      A,
      undefined,
    ],
    [
      'oss with the dangerous option sends it where a name stands beside a *',
      'oss',
      true,
      [STARRED, A],
      A,
      'true',
    ],
    ['oss with the dangerous option never sends it with `*`', 'oss', true, ['*'], A, undefined],
    [
      'oss with the dangerous option never sends it with `*` beside the name',
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

  test('it goes by the rule that was chosen, not by one further down that names the origin', () => {
    const later = [rule({ allowedOrigins: [STARRED] }), rule({ allowedOrigins: [A] })];
    const rules = compiled(later, behaviour('oss', 'safe', true));
    expect(headersFor(rules, ask({ origin: A }))).not.toHaveProperty('Access-Control-Allow-Credentials');
  });
});
