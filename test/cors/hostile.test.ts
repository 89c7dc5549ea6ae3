import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CompiledRule, CompiledRules } from '../../src/cors/compile.ts';
import { decide, requestedNames } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import type { Entries } from '../../src/cors/pattern.ts';
import { compiled, preflight, rule } from '../helpers/rules.ts';

/** A comparison with a pattern reads the prefix twice: its length, then its letters. */
const READS = 2;

/** Returns the same rules, and a count of those reads. */
function counted(rules: CompiledRules) {
  const count = { reads: 0 };
  const watch = (entries: Entries): Entries => ({
    ...entries,
    patterns: entries.patterns.map(({ source, prefix, suffix }) => ({
      source,
      suffix,
      get prefix() {
        count.reads += 1;
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

/** Names that only the last affix allows, the most expensive case. */
const names = (count: number) => Array.from({ length: count }, (_, at) => `x-${AFFIXES - 1}${at}-end`);
const KB = 1024;
const fill = (unit: string, size: number) => unit.repeat(Math.floor(size / unit.length));

function work(requestHeaders: string, compiledRules = hundred(), origin = 'https://a.example') {
  const { rules, count } = counted(compiledRules);
  const { reason } = decide(rules, preflight(origin, 'GET', requestHeaders));
  return { reason, reads: count.reads };
}

describe('the work for hostile requested headers is at most names × entries', () => {
  test.each([
    ['a thousand allowed names match the first rule', names(1000).join(), 'matched', 1000 * AFFIXES],
    [
      'a refused first name is compared once with each affix of each rule',
      ['y', ...names(1000)].join(),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      'a refused last name does not exceed names × entries',
      [...names(1000), 'y'].join(),
      'header_not_allowed',
      1001 * RULES * AFFIXES,
    ],
    ['8 KB of commas request no headers', fill(',', 8 * KB), 'matched', 0],
    ['16 KB of commas request no headers', fill(',', 16 * KB), 'matched', 0],
    ['16 KB of blanks request no headers', fill(' ', 16 * KB), 'matched', 0],
    ['16 KB of blanks and commas request no headers', fill(' \t,', 16 * KB), 'matched', 0],
    [
      '8 KB of one repeated name count as one name',
      fill('y,', 8 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      '16 KB of one name in different case count as one name',
      fill('yy,yY,Yy,YY,', 16 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    ['a name of 16 KB counts as one name', fill('x', 16 * KB), 'header_not_allowed', RULES * AFFIXES],
    [
      'a name of 16 KB that nearly matches counts as one name',
      `x-4${fill('-en', 16 * KB)}`,
      'header_not_allowed',
      RULES * AFFIXES,
    ],
    [
      'names without commas between them count as one name',
      fill('x-4 ', 8 * KB),
      'header_not_allowed',
      RULES * AFFIXES,
    ],
  ])('%s', (_, requestHeaders, reason, most) => {
    const done = work(requestHeaders);
    expect(done.reason).toBe(reason);
    expect(done.reads).toBeLessThanOrEqual(most * READS);
    expect(done.reads > 0).toBe(most > 0);
  });

  test('twice the names need at most twice the work', () => {
    const at = (count: number) => work([...names(count), 'y'].join()).reads;
    expect(at(500)).toBeGreaterThan(0);
    expect(at(1000)).toBeLessThanOrEqual(2 * at(500));
  });

  test('names that a rule lists without a `*` need no comparison with a pattern, for any number of names', () => {
    const listed = names(1000);
    expect(work(listed.join(), hundred([...listed, ...affixes]))).toEqual({
      reason: 'matched',
      reads: 0,
    });
  });

  test('a long origin is compared once with each pattern of each rule', () => {
    const patterns = Array.from({ length: 10 }, (_, at) => `a${at}*a`);
    const done = work('', hundred(affixes, patterns), fill('a', 8 * KB));
    expect(done.reason).toBe('origin_not_allowed');
    expect(done.reads).toBeLessThanOrEqual(RULES * 10 * READS);
  });

  test('explain compares with each rule at most three times', () => {
    const { rules, count } = counted(hundred());
    const requested = [...names(200), 'y'].join();
    const explained = explain(rules, preflight('https://a.example', 'GET', requested), 'OBJECT');
    expect(explained.rules.map(({ actual }) => actual)).toEqual(Array(RULES).fill('y'));
    expect(count.reads).toBeLessThanOrEqual(3 * READS * 201 * RULES * AFFIXES);
  });
});

describe('hostile values are compared correctly', () => {
  test.each([
    [
      'names of properties of Object.prototype are names',
      '__proto__,constructor,hasOwnProperty',
      ['__proto__', 'constructor', 'hasownproperty'],
    ],
    ['characters with a meaning in a RegExp are literal', '(a+)+$,[x,.*', ['(a+)+$', '[x', '.*']],
    ['a requested `*` is literal', '*', ['*']],
  ])('%s', (_, value, expected) => {
    expect(requestedNames(value)).toEqual(expected);
    expect(work(value).reason).toBe('header_not_allowed');
    expect(work(value, hundred(expected)).reason).toBe('matched');
  });

  test('an entry with characters that have a meaning in a RegExp matches them literally', () => {
    const odd = compiled([rule({ allowedOrigins: ['(a+)+$*[', '^.*$'.replace('*', '+')] })]);
    expect(decide(odd, preflight('(a+)+$-[', 'GET')).reason).toBe('matched');
    expect(decide(odd, preflight('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', 'GET')).reason).toBe(
      'origin_not_allowed',
    );
  });

  test('a thousand names are echoed without duplicates', () => {
    const decision = decide(hundred(['*']), preflight('a', 'GET', [...names(1000), ...names(1000)].join()));
    expect(decision.requestedHeaders).toEqual(names(1000));
  });
});

describe('the engine makes no RegExp from its input', () => {
  const folder = new URL('../../src/cors/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  // String's match, matchAll and search make a RegExp from a string argument.
  const makesRegExp = /\bRegExp\s*\(|\.(?:match|matchAll|search)\s*\(/;

  test('the scan finds code that makes a RegExp', () => {
    for (const bad of ['new RegExp(x)', 'RegExp (x)', 'a.match(b)', 'a.search(b)'])
      expect(bad).toMatch(makesRegExp);
    expect('matchesPattern(a, b)').not.toMatch(makesRegExp);
    expect(files.length).toBeGreaterThan(5);
  });

  test.each(files)('in src/cors/%s', (name) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).not.toMatch(makesRegExp);
  });
});
