import { describe, expect, test } from 'vitest';
import { givenBy } from '../../src/cli/flags.ts';
import { readArguments } from '../../src/cli/parse.ts';
import { serve } from '../../src/cli/serve.ts';
import { OPTION_NAMES, OPTION_SECTIONS, OPTIONS, type OptionName } from '../../src/config/options.ts';

function readFlags(args: readonly string[]) {
  const read = readArguments(serve, args);
  return { given: givenBy(read), faults: read.faults };
}

const faultsOf = (args: readonly string[]) =>
  readFlags(args).faults.map(({ place, reason }) => `${place} ${reason}`);

const NAMES = Object.keys(OPTIONS) as OptionName[];
const WITH_VALUE = NAMES.filter((name) => !('alone' in OPTIONS[name]));

describe('the command line of an edge', () => {
  test('without flags gives no options', () => {
    expect(readFlags([])).toEqual({ given: {}, faults: [] });
  });

  test('gives each option with its place and text', () => {
    expect(readFlags(['--port', '1', '--store=s3', '--debug-reason', '--rules', '<a b="c"/>'])).toEqual({
      given: {
        port: { place: '--port', text: '1' },
        store: { place: '--store', text: 's3' },
        debugReason: { place: '--debug-reason', text: 'true' },
        rules: { place: '--rules', text: '<a b="c"/>' },
      },
      faults: [],
    });
  });

  test('accepts a value with an equals sign', () => {
    expect(readFlags(['--rules=https://h/r?a=b']).given.rules?.text).toBe('https://h/r?a=b');
  });

  test.each([
    ['an unknown flag', ['--prot=1'], ['--prot is not a flag']],
    ['a flag in capitals', ['--PORT=1'], ['--PORT is not a flag']],
    ['a short flag', ['-p'], ['-p is not a flag']],
    ['the negation of a flag', ['--no-debug-reason'], ['--no-debug-reason is not a flag']],
    [
      'a name that every object has',
      ['--__proto__=1', '--constructor=1'],
      ['--__proto__ is not a flag', '--constructor is not a flag'],
    ],
    ['a stray word', ['./bucket'], ['./bucket stands alone and belongs to no flag']],
    [
      'a word after a flag that stands alone',
      ['--debug-reason', 'false'],
      ['false stands alone and belongs to no flag'],
    ],
    ['words after --', ['--', 'x'], ['x stands alone and belongs to no flag']],
    ['a flag given twice', ['--port', '1', '--port=2'], ['--port is given twice']],
    ['a flag given twice with the same value', ['--port', '1', '--port=1'], ['--port is given twice']],
    ['a lone flag given twice', ['--debug-reason', '--debug-reason'], ['--debug-reason is given twice']],
    [
      'many faults at once',
      ['x', '--a=1', '--b=1', '--port=1', '--port=1', '--store'],
      [
        '--a is not a flag',
        '--b is not a flag',
        '--port is given twice',
        '--store has no value',
        'x stands alone and belongs to no flag',
      ],
    ],
  ])('reports %s', (_, args, faults) => {
    expect(faultsOf(args)).toEqual(faults);
  });

  test.each(WITH_VALUE)('reports that %s has no value at the end of the line', (name) => {
    const { flag } = OPTIONS[name];
    const { given, faults } = readFlags([`--${flag}`]);
    expect(given).toEqual({});
    expect(faults).toEqual([{ place: `--${flag}`, reason: 'has no value', write: expect.any(String) }]);
    const [, value] = /^--[a-z-]+ (.+)$/.exec(faults[0]?.write ?? '') ?? [];
    expect('value' in OPTIONS[name].parse(value ?? ''), value).toBe(true);
  });

  test('reports that a flag has no value if another flag follows it', () => {
    for (const name of WITH_VALUE) {
      const { flag } = OPTIONS[name];
      expect(faultsOf([`--${flag}`, '--debug-reason'])).toEqual([`--${flag} has no value`]);
    }
  });

  test('never shows a password in a URL that belongs to no flag', () => {
    const { faults } = readFlags([
      'x',
      '--',
      'https://user:hush-7f3a@b.example',
      'b.example?Signature=hush-7f3a',
    ]);
    expect(faults.map(({ place }) => place)).toEqual(['x', 'word 3', 'b.example?…']);
    expect(JSON.stringify(faults)).not.toContain('hush-7f3a');
  });

  test('gives a switch that is switched off', () => {
    expect(readFlags(['--debug-reason=false'])).toMatchObject({
      given: { debugReason: { text: 'false' } },
      faults: [],
    });
  });
});

test('every option is in one section', () => {
  expect(Object.values(OPTION_SECTIONS).flat().sort()).toEqual([...OPTION_NAMES].sort());
});
