import { describe, expect, test } from 'vitest';
import { readFlags } from '../../src/cli/flags.ts';
import { OPTIONS, type OptionName } from '../../src/config/options.ts';

const faultsOf = (args: readonly string[]) =>
  readFlags(args).faults.map(({ place, reason }) => `${place} ${reason}`);

const NAMES = Object.keys(OPTIONS) as OptionName[];
const WITH_VALUE = NAMES.filter((name) => !('alone' in OPTIONS[name]));

describe('a command line', () => {
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
        'x stands alone and belongs to no flag',
        '--a is not a flag',
        '--b is not a flag',
        '--port is given twice',
        '--store has no value',
      ],
    ],
  ])('reports %s', (_, args, faults) => {
    expect(faultsOf(args)).toEqual(faults);
  });

  test.each(WITH_VALUE)('reports that %s has no value at the end of the line', (name) => {
    const { flag, example } = OPTIONS[name];
    expect(readFlags([`--${flag}`])).toEqual({
      given: {},
      faults: [{ place: `--${flag}`, reason: 'has no value', write: `--${flag} ${example}` }],
    });
  });

  test('reports that a flag has no value if another flag follows it', () => {
    for (const name of WITH_VALUE) {
      const { flag } = OPTIONS[name];
      expect(faultsOf([`--${flag}`, '--debug-reason'])).toEqual([`--${flag} has no value`]);
    }
  });

  test('lists every flag after a misspelt one', () => {
    const write = readFlags(['--prot=1']).faults[0]?.write;
    for (const name of NAMES) expect(write).toContain(`--${OPTIONS[name].flag}`);
  });

  test('never shows a password in a URL that belongs to no flag', () => {
    const { faults } = readFlags(['--bukcet', 'https://user:hush-7f3a@b.example']);
    expect(faults).toHaveLength(2);
    expect(JSON.stringify(faults)).not.toContain('hush-7f3a');
  });
});
