import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { asksForHelp, readArguments } from '../../src/cli/parse.ts';
import { EXAMPLE } from './_commands.ts';

const lines = (args: readonly string[], command: Command = EXAMPLE) =>
  readArguments(command, args).faults.map(({ place, value, reason, write }) =>
    [place, ...(value === undefined ? [] : [`"${value}"`]), `${reason}: ${write}`].join(' '),
  );

describe('arguments', () => {
  test('of a line without flags are the defaults', () => {
    const { words, value, values, on, faults } = readArguments(EXAMPLE, []);
    expect([words, value('format'), value('path'), values('header'), on('fix'), faults]).toEqual([
      [],
      'table',
      null,
      [],
      false,
      [],
    ]);
  });

  test.each([
    [['--format', 'json', 'a.xml', '--fix']],
    [['a.xml', '--format=json', '--fix']],
    [['--fix', '--format=json', '--', 'a.xml']],
    [['--fix=true', 'a.xml', '--format', 'json']],
  ])('are read from %j', (args) => {
    const { words, value, on, faults } = readArguments(EXAMPLE, args);
    expect([words, value('format'), on('fix'), faults]).toEqual([['a.xml'], 'json', true, []]);
  });

  test.each([[['-o', 'f.xml']], [['-of.xml']], [['-o=f.xml']], [['--out', 'f.xml']]])(
    'have the value of a flag with a letter, from %j',
    (args) => {
      const { words, value, faults } = readArguments(EXAMPLE, ['a.xml', ...args]);
      expect([words, value('out'), faults]).toEqual([['a.xml'], 'f.xml', []]);
    },
  );

  test('have standard output as the value of a letter', () => {
    expect(readArguments(EXAMPLE, ['-o', '-']).value('out')).toBe('-');
  });

  test('have every value of a flag that may be repeated', () => {
    expect(readArguments(EXAMPLE, ['--header', 'a', '--header=b']).values('header')).toEqual(['a', 'b']);
  });

  test('may be standard input, and words that begin with a hyphen after --', () => {
    expect(readArguments(EXAMPLE, ['-']).words).toEqual(['-']);
    expect(readArguments(EXAMPLE, ['--', '--fix']).words).toEqual(['--fix']);
  });
});

describe('a fault of a command line', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['an unknown flag', ['--fromat=json'], ['--fromat is not a flag: --format']],
    ['an unknown flag with its value', ['--fromat', 'json', 'a.xml'], ['--fromat is not a flag: --format']],
    ['an unknown switch beside a word', ['--fxi', 'a.xml'], ['--fxi is not a flag: --fix']],
    [
      'a flag that resembles no other',
      ['--zzzzzzzz'],
      ['--zzzzzzzz is not a flag: a flag that "bucket-cors check --help" lists'],
    ],
    ['short flags', ['-xyz'], ['-xyz is not a flag: a flag that "bucket-cors check --help" lists']],
    ['a letter without a value', ['-o'], ['--out has no value: --out FILE']],
    ['a letter before a flag', ['-o', '--fix'], ['--out has no value: --out FILE']],
    ['a letter and its flag', ['-o', 'x', '--out=y'], ['--out is given twice: it once']],
    ['a negated switch', ['--no-fix'], ['--no-fix is not a flag: --fix=false, or leave it out']],
    ['a missing value', ['--path'], ['--path has no value: --path PATH']],
    ['a missing value of several', ['--format='], ['--format has no value: --format table']],
    [
      'a missing value before a flag',
      ['--path', '--fxi'],
      ['--path has no value: --path PATH', '--fxi is not a flag: --fix'],
    ],
    [
      'a misspelt value',
      ['--format', 'jsn'],
      ['--format "jsn" is not one of the allowed values: json, or table, sarif'],
    ],
    [
      'a value that resembles no other',
      ['--format=xxxxxxxx'],
      ['--format "xxxxxxxx" is not one of the allowed values: table or json or sarif'],
    ],
    ['a switch with a value', ['--fix=yes'], ['--fix "yes" is not one of the allowed values: true or false']],
    ['a flag given twice', ['--path=/a', '--path=/a'], ['--path is given twice: it once']],
    ['a word too many', ['a', 'b'], ['b is one word too many: bucket-cors check [SOURCE]']],
  ])('names %s', (_, args, expected) => {
    expect(lines(args)).toEqual(expected);
  });

  test('names a missing word', () => {
    const command: Command = { ...EXAMPLE, name: 'diff', words: 'A B', minWords: 2, maxWords: 2 };
    expect(lines(['a'], command)).toEqual(['A B is missing: bucket-cors diff A B']);
  });

  test('is reported with all others at once', () => {
    expect(lines(['a', 'b', '--fxi', '--format=x', '--path', '--fix', '--fix'])).toHaveLength(5);
  });

  test('never shows a password or a signature', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'https://u:hush@h/x',
            '--https://u:hush@h',
            '--format=https://h/?Signature=hush',
            '--fxi',
            '--format',
            'h/x?X-Amz-Signature=hush',
            'OSSAccessKeyId=a&Signature=hush',
            'redis://:hush@h',
            '<CORSConfiguration>hush</CORSConfiguration>',
            '--fix=redis://:hush@h',
            '-u:hush@h',
            '--',
          ),
          { maxLength: 6 },
        ),
        (args) => {
          expect(lines(args).join('\n')).not.toContain('hush');
        },
      ),
    );
  });
});

describe('help is asked for', () => {
  test.each([[['--help']], [['-h']], [['a.xml', '--format', 'json', '--help']], [['--path', '--help']]])(
    'by %j',
    (args) => {
      expect(asksForHelp(EXAMPLE, args)).toBe(true);
    },
  );

  test.each([[[]], [['help']], [['--', '--help']], [['--path', '-h']], [['--path=--help']]])(
    'but not by %j',
    (args) => {
      expect(asksForHelp(EXAMPLE, args)).toBe(false);
    },
  );
});
