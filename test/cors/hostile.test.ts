import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CompiledRule, CompiledRules } from '../../src/cors/compile.ts';
import { decide, requestedNames } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import type { Entries } from '../../src/cors/pattern.ts';
import { compiled, preflight, rule } from '../helpers/rules.ts';

/** A comparison with an entry that holds a `*` looks at the entry's prefix: for its length, then for its letters. */
const LOOKS = 2;

/** The same rules, counting those looks. */
function counted(rules: CompiledRules) {
  const count = { looks: 0 };
  const watch = (entries: Entries): Entries => ({
    ...entries,
    patterns: entries.patterns.map(({ source, prefix, suffix }) => ({
      source,
      suffix,
      get prefix() {
        count.looks += 1;
        return prefix;
      },
    })),
  });
  const each = ({ origins, headers, ...about }: CompiledRule): CompiledRule => ({
    ...about,
    origins: watch(origins),
    headers: watch(headers),
  });
  return { rules: { ...rules, rules: rules.rules.map(each) }, count };
}

const RULES = 100;
const AFFIXES = 5;
const affixes = Array.from({ length: AFFIXES }, (_, at) => `x-${at}*-end`);
const hundred = (allowedHeaders: readonly string[] = affixes, allowedOrigins: readonly string[] = ['*']) =>
  compiled(Array.from({ length: RULES }, () => rule({ allowedHeaders, allowedOrigins })));

/** Names that only the last affix allows: the dearest kind. */
const names = (count: number) => Array.from({ length: count }, (_, at) => `x-${AFFIXES - 1}${at}-end`);
const KB = 1024;
const fill = (unit: string, size: number) => unit.repeat(Math.floor(size / unit.length));

function work(requestHeaders: string, known = hundred(), origin = 'https://a.example') {
  const { rules, count } = counted(known);
  const { reason } = decide(rules, preflight(origin, 'GET', requestHeaders));
  return { reason, looks: count.looks };
}

describe('work on hostile requested headers is bounded by names × entries', () => {
  test.each([
    ['a thousand allowed names end at the first rule', names(1000).join(), 'matched', 1000 * AFFIXES],
    [
      'a name refused at once costs each rule its affixes',
      ['y', ...names(1000)].join(),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      'a name refused at last costs each rule all',
      [...names(1000), 'y'].join(),
      'header_not_allowed',
      1001 * RULES * AFFIXES,
    ],
    ['8 KB of commas ask for nothing', fill(',', 8 * KB), 'matched', 0],
    ['16 KB of commas ask for nothing', fill(',', 16 * KB), 'matched', 0],
    ['16 KB of blanks ask for nothing', fill(' ', 16 * KB), 'matched', 0],
    ['16 KB of blanks and commas ask for nothing', fill(' \t,', 16 * KB), 'matched', 0],
    [
      '8 KB of one name, over and over, is one name',
      fill('y,', 8 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      '16 KB of one name in changing case is one name',
      fill('yy,yY,Yy,YY,', 16 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    ['one name of 16 KB is one name', fill('x', 16 * KB), 'header_not_allowed', RULES * AFFIXES],
    [
      'one name of 16 KB that nearly fits is one name',
      `x-4${fill('-en', 16 * KB)}`,
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      'names without commas between them are one name',
      fill('x-4 ', 8 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
  ])('%s', (_, requestHeaders, reason, most) => {
    const done = work(requestHeaders);
    expect(done.reason).toBe(reason);
    expect(done.looks).toBeLessThanOrEqual(most * LOOKS);
    expect(done.looks > 0).toBe(most > 0);
  });

  test('twice the names, at most twice the work', () => {
    const at = (count: number) => work([...names(count), 'y'].join()).looks;
    expect(at(500)).toBeGreaterThan(0);
    expect(at(1000)).toBeLessThanOrEqual(2 * at(500));
  });

  test('names that stand in a rule without a * cost no comparison, however many', () => {
    const listed = names(1000);
    expect(work(listed.join(), hundred([...listed, ...affixes]))).toEqual({
      reason: 'matched',
      looks: 0,
    });
  });

  test('a long origin costs each rule its patterns, once', () => {
    const patterns = Array.from({ length: 10 }, (_, at) => `a${at}*a`);
    const done = work('', hundred(affixes, patterns), fill('a', 8 * KB));
    expect(done.reason).toBe('origin_not_allowed');
    expect(done.looks).toBeLessThanOrEqual(RULES * 10 * LOOKS);
  });

  test('explain walks the rules at most three times', () => {
    const { rules, count } = counted(hundred());
    const told = explain(rules, preflight('https://a.example', 'GET', [...names(200), 'y'].join()), 'OBJECT');
    expect(told.rules.map(({ actual }) => actual)).toEqual(Array(RULES).fill('y'));
    expect(count.looks).toBeLessThanOrEqual(3 * LOOKS * 201 * RULES * AFFIXES);
  });
});

describe('hostile values come out right', () => {
  test.each([
    [
      'no object of ours hides behind a name',
      '__proto__,constructor,hasOwnProperty',
      ['__proto__', 'constructor', 'hasownproperty'],
    ],
    ['signs that mean something to a RegExp are letters', '(a+)+$,[x,.*', ['(a+)+$', '[x', '.*']],
    ['a * asked for is a letter', '*', ['*']],
  ])('%s', (_, value, expected) => {
    expect(requestedNames(value)).toEqual(expected);
    expect(work(value).reason).toBe('header_not_allowed');
    expect(work(value, hundred(expected)).reason).toBe('matched');
  });

  test('an entry full of signs that mean something to a RegExp matches itself alone', () => {
    const odd = compiled([rule({ allowedOrigins: ['(a+)+$*[', '^.*$'.replace('*', '+')] })]);
    expect(decide(odd, preflight('(a+)+$-[', 'GET')).reason).toBe('matched');
    expect(decide(odd, preflight('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', 'GET')).reason).toBe(
      'origin_not_allowed',
    );
  });

  test('a thousand names are echoed, each once', () => {
    const decision = decide(hundred(['*']), preflight('a', 'GET', [...names(1000), ...names(1000)].join()));
    expect(decision.requestedHeaders).toEqual(names(1000));
  });
});

describe('the engine makes no RegExp out of what it is given', () => {
  const folder = new URL('../../src/cors/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  // String's match, matchAll and search make a RegExp of a string they are handed.
  const makesRegExp = /\bRegExp\s*\(|\.(?:match|matchAll|search)\s*\(/;

  test('the scan would find one', () => {
    for (const bad of ['new RegExp(x)', 'RegExp (x)', 'a.match(b)', 'a.search(b)'])
      expect(bad).toMatch(makesRegExp);
    expect('matchesPattern(a, b)').not.toMatch(makesRegExp);
    expect(files.length).toBeGreaterThan(5);
  });

  test.each(files)('src/cors/%s', (name) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).not.toMatch(makesRegExp);
  });
});
