import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, OWN } from '../../src/analysis/change.ts';
import { changesOf } from '../../src/analysis/changes.ts';
import { diffRules, isWider } from '../../src/analysis/diff.ts';
import type { Behaviour } from '../../src/cors/behaviour.ts';
import { compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { compiledRules } from './_brute.ts';

const OSS: Behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false };

const rule = (given: Partial<Rule> = {}): Rule => ({
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...given,
});

const changes = (before: readonly Rule[], after: readonly Rule[]): readonly Change[] =>
  changesOf(
    compileRules({ rules: before, responseVary: false }, OSS),
    compileRules({ rules: after, responseVary: false }, OSS),
  ).changes;

/** The parts that a sentence is made of. */
const brief = (found: readonly Change[]) =>
  found.map(({ effect, changed, origins, methods, before, after }) => ({
    effect,
    ...changed,
    origins: origins.map(({ origin }) => origin),
    methods,
    rules: [before, after],
  }));

describe('the changes between two rule sets', () => {
  test('are empty exactly if no request is answered otherwise', () => {
    fc.assert(
      fc.property(compiledRules, compiledRules, (before, after) => {
        const found = changesOf(before, after).changes.filter(({ changed }) => changed.kind !== 'vary');
        expect(found.length > 0).toBe(diffRules(before, after).differences.length > 0);
      }),
    );
  });

  test('are wider exactly if some request gets more, and narrower if some gets less', () => {
    fc.assert(
      fc.property(compiledRules, compiledRules, (before, after) => {
        const { changes: found } = changesOf(before, after);
        expect(found.some((change) => change.isWider)).toBe(
          diffRules(before, after).differences.some(isWider),
        );
        expect(found.some((change) => change.isNarrower)).toBe(
          diffRules(after, before).differences.some(isWider),
        );
      }),
    );
  });

  test('are the opposite in the opposite order', () => {
    fc.assert(
      fc.property(compiledRules, compiledRules, (before, after) => {
        const count = (found: readonly Change[], effect: string) =>
          found.filter((change) => change.effect === effect && change.changed.kind === 'method').length;
        expect(count(changesOf(before, after).changes, 'allowed')).toBe(
          count(changesOf(after, before).changes, 'refused'),
        );
      }),
    );
  });
});

describe('rules that share an origin', () => {
  const many = (count: number, maxAgeSeconds: number) =>
    compileRules(
      {
        rules: Array.from({ length: count }, (_, at) => rule({ allowedHeaders: [`x-${at}`], maxAgeSeconds })),
        responseVary: false,
      },
      OSS,
    );

  test('are compared in pairs, also if they fill a document', () => {
    const { changes: found, complete } = changesOf(many(700, 0), many(700, 60));
    expect(found).toHaveLength(700);
    expect(complete).toBe(true);
  });

  test('are not all compared if they are too many', () => {
    expect(changesOf(many(1_500, 0), many(1_500, 60)).complete).toBe(false);
  });
});

describe('one change', () => {
  test('names a method that an origin may send from now on, with its rule', () => {
    const after = [rule(), rule({ allowedOrigins: ['https://dev.example'], allowedMethods: ['PUT', 'GET'] })];
    expect(brief(changes([rule()], after))).toEqual([
      {
        effect: 'allowed',
        kind: 'method',
        origins: ['https://dev.example'],
        methods: ['GET', 'PUT'],
        rules: [null, 2],
      },
    ]);
  });

  test('names all origins that have it in common', () => {
    const origins = ['https://b.example', 'https://c.example', 'https://d.example'];
    const [change, ...more] = changes(
      [rule({ allowedOrigins: ['https://a.example', ...origins] })],
      [rule()],
    );
    expect(more).toEqual([]);
    expect(change).toMatchObject({ effect: 'refused', before: 1, after: null });
    expect(change?.origins.map(({ origin }) => origin)).toEqual(origins);
  });

  test('names the pattern that accepts its witness', () => {
    const [change] = changes(
      [rule()],
      [rule({ allowedOrigins: ['https://a.example', 'https://*.b.example'] })],
    );
    expect(change?.origins).toEqual([
      { origin: 'https://app.b.example', entry: 'https://*.b.example', isUsual: true },
    ]);
  });

  test('says of an origin that no browser sends that it is unusual', () => {
    const [change] = changes(
      [rule()],
      [rule({ allowedOrigins: ['https://a.example', 'https://b.example/'] })],
    );
    expect(change?.origins).toEqual([
      { origin: 'https://b.example/', entry: 'https://b.example/', isUsual: false },
    ]);
  });

  test('names request headers that may be sent from now on', () => {
    const found = changes(
      [rule({ allowedHeaders: ['X-One'] })],
      [rule({ allowedHeaders: ['x-one', 'X-Two', 'x-oss-*'] })],
    );
    expect(brief(found)).toEqual([
      {
        effect: 'allowed',
        kind: 'headers',
        names: ['X-Two', 'x-oss-*'],
        together: false,
        origins: ['https://a.example'],
        methods: ['GET'],
        rules: [null, 1],
      },
    ]);
  });

  test('names request headers that are refused together only', () => {
    const before = [rule({ allowedHeaders: ['x-one', 'x-two'] })];
    const after = [rule({ allowedHeaders: ['x-one'] }), rule({ allowedHeaders: ['x-two'] })];
    expect(brief(changes(before, after))).toMatchObject([
      { effect: 'refused', kind: 'headers', names: ['x-one', 'x-two'], together: true, rules: [1, null] },
    ]);
  });

  test('names response headers that scripts gain and lose', () => {
    const before = [rule({ exposeHeaders: ['ETag', 'x-old'] })];
    const after = [rule({ exposeHeaders: ['ETag', 'x-new'] })];
    expect(brief(changes(before, after))).toMatchObject([
      { effect: 'allowed', kind: 'exposed', names: ['x-new'] },
      { effect: 'refused', kind: 'exposed', names: ['x-old'] },
    ]);
  });

  test('is not wider if only answers to preflights expose a header', () => {
    const later = (exposeHeaders: readonly string[]) => [
      rule(),
      rule({ allowedHeaders: ['*'], exposeHeaders }),
    ];
    expect(changes(later([]), later(['ETag']))).toMatchObject([
      {
        effect: 'answered',
        changed: { request: 'preflight', name: 'Access-Control-Expose-Headers', after: 'ETag' },
        isWider: false,
        isNarrower: false,
      },
    ]);
  });

  test('names the time that browsers cache a preflight, before and after', () => {
    expect(brief(changes([rule()], [rule({ maxAgeSeconds: 600 })]))).toMatchObject([
      { effect: 'answered', kind: 'answer', name: 'Access-Control-Max-Age', before: null, after: '600' },
    ]);
  });

  test('is neither wider nor narrower if * stands for the origin from now on', () => {
    const found = changes([rule()], [rule({ allowedOrigins: ['*'] })]);
    const own = found.find(({ effect }) => effect === 'answered');
    expect(own).toMatchObject({ changed: { before: OWN, after: '*' }, isWider: false, isNarrower: false });
    expect(found.some(({ isWider: wider }) => wider)).toBe(true);
  });

  test('names ResponseVary', () => {
    const of = (responseVary: boolean) => compileRules({ rules: [rule()], responseVary }, OSS);
    expect(changesOf(of(false), of(true)).changes).toMatchObject([
      { effect: 'answered', changed: { kind: 'vary', after: true }, isWider: false },
    ]);
  });
});
