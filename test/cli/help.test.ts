import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Command, EXIT, type Terminal } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { helpOf } from '../../src/cli/help.ts';
import { runLine } from '../../src/cli/main.ts';
import { commandHelp, overview, wrap } from '../../src/cli/usage.ts';
import { ABOUT } from '../../src/config/options/about.ts';
import { OPTION_SECTIONS, OPTIONS } from '../../src/config/options.ts';
import { EXAMPLE } from './_commands.ts';
import { closedPipe, fullDevice } from './_outputs.ts';
import { ended, NODE } from './_process.ts';

const TABLE: readonly Command[] = [
  ...COMMANDS.filter(({ name }) => name !== EXAMPLE.name && name !== 'help'),
  EXAMPLE,
  helpOf(() => TABLE),
];
const NAMES = TABLE.map(({ name }) => name).join(', ');

const STYLE = { width: 80, colours: false };
const BIN = new URL('../../bin/bucket-cors.js', import.meta.url).pathname;

const flat = (text: string): string => text.replace(/\s+/g, ' ');

/** Runs a line with a terminal that collects what it gets. */
async function run(args: readonly string[], commands = TABLE) {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal: Terminal = {
    env: {},
    print: async (text) => void printed.push(text),
    say: (line) => void said.push(line),
    colours: false,
  };
  return { code: await runLine(args, commands, terminal), printed, said };
}

describe('help', () => {
  test.each([[['help']], [['--help']], [['-h']]])('%j lists every command by its group', async (args) => {
    const { code, printed, said } = await run(args);
    expect([code, said]).toEqual([0, []]);
    const [text = ''] = printed;
    for (const { name, summary, group } of TABLE) {
      expect(text).toContain(group);
      expect(flat(text)).toMatch(new RegExp(` ${name} [^.]*${summary}`));
    }
  });

  test.each([[['help', 'check']], [['check', '--help']], [['check', 'a', 'b', '--fxi', '-h']]])(
    '%j shows everything about a command',
    async (args) => {
      expect(await run(args)).toEqual({ code: 0, printed: [commandHelp(EXAMPLE, STYLE)], said: [] });
    },
  );

  test('of a command has its sections in order', () => {
    expect(commandHelp(EXAMPLE, STYLE)).toBe(`Usage
  bucket-cors check [FLAGS] [SOURCE]

About
  Reads rules and lists what is wrong with them.

Flags
  --format FORMAT
      What it's printed as: [a form].
      One of table (the default), json, sarif.
  --fix
      Writes the rules.
  --path PATH
      The path.
  --header NAME
      A header. Not all.
      May be given several times.
  -o, --out FILE
      The file to write.
  --help
      Shows this page.

Examples
  The rules in a file.
    bucket-cors check cors.xml

Exit codes
  0  Nothing is wrong.
  1  Something is wrong.`);
  });

  test.each(['serve', 'demo'])(
    'of %s has every option under its heading, with its variable and default',
    (name) => {
      const command = COMMANDS.find((one) => one.name === name);
      expect(command).toBeDefined();
      const text = command === undefined ? '' : commandHelp(command, STYLE);
      const sections = text
        .split('\n\n')
        .map((section) => [section.split('\n', 1)[0], flat(section)] as const);
      for (const [heading, names] of Object.entries(OPTION_SECTIONS)) {
        const section = sections.find(([title]) => title === heading)?.[1];
        for (const option of names) {
          const { flag, variable, default: preset } = OPTIONS[option];
          const isSwitch = 'alone' in OPTIONS[option];
          expect(section).toContain(`--${flag} `);
          expect(section).toContain(
            `${ABOUT[option]}${preset === null || isSwitch ? '' : ` Default: ${preset}.`} Variable: ${variable}.`,
          );
        }
      }
    },
  );

  test.each([60, 80, 100])('fits %d columns', (width) => {
    const texts = [
      overview(COMMANDS, { ...STYLE, width }),
      ...COMMANDS.map((one) => commandHelp(one, { ...STYLE, width })),
    ];
    for (const line of texts.join('\n').split('\n')) {
      // A command line and a long word are not broken.
      if (!/^ {4}bucket-cors|^ {4}source|^ {4}git|^ {4}kubectl|^\s*\S+$/.test(line))
        expect(line.length, line).toBeLessThanOrEqual(width);
    }
  });

  test('wraps text between words', () => {
    expect(wrap('a bb ccc dddddddd e', 6)).toEqual(['a bb', 'ccc', 'dddddddd', 'e']);
    expect(wrap('', 6)).toEqual(['']);
  });
});

describe('a wrong line exits with 2 and names', () => {
  test.each<readonly [string, readonly string[], string, string]>([
    ['a misspelt command', ['chekc'], 'chekc is not a command; write check', '--help'],
    ['a misspelt command of help', ['help', 'srve'], 'srve is not a command; write serve', '--help'],
    [
      'a flag before its command',
      ['--port=1'],
      '--port stands before a command; write bucket-cors serve --port',
      '--help',
    ],
    ['a misspelt --version', ['--verson'], '--verson is not a flag; write --version', '--help'],
    ['the beginning of --version', ['-v'], '-v is not a flag; write --version', '--help'],
    [
      'a flag of no command',
      ['--zzz'],
      '--zzz is not a flag; write --help, --version, or a command before it',
      '--help',
    ],
    [
      'a word that resembles no command, without its secrets',
      ['https://u:hush@h'],
      `the first word is not a command; write ${NAMES}`,
      '--help',
    ],
    ['a misspelt flag', ['check', '--fromat=x'], '--fromat is not a flag; write --format', 'check --help'],
  ])('%s, in two lines', async (_, args, line, help) => {
    expect(await run(args)).toEqual({
      code: 2,
      printed: [],
      said: [`bucket-cors: ${line}`, `Try "bucket-cors ${help}"`],
    });
  });

  test('a value with control characters, which do not reach the terminal', async () => {
    expect((await run(['nope\n::error::x\u001b[31m'])).said[0]).toBe(
      `bucket-cors: nope\\u000a::error::x\\u001b[31m is not a command; write ${NAMES}`,
    );
    const says = async (_: unknown, { say }: Terminal) => {
      say('GET\n::error::x\u009b\u202e');
      return EXIT.failed;
    };
    expect((await run(['check'], [{ ...EXAMPLE, run: says }])).said).toEqual([
      'GET\\u000a::error::x\\u009b\\u202e',
    ]);
  });

  test('the faults that the command itself finds', async () => {
    const faults = [{ place: '--a', reason: 'is wrong', write: 'b' }];
    expect(await run(['check'], [{ ...EXAMPLE, run: async () => faults }])).toMatchObject({
      code: 2,
      said: ['bucket-cors: --a is wrong; write b', 'Try "bucket-cors check --help"'],
    });
  });

  test('all commands if there is no command', async () => {
    expect(await run([])).toEqual({ code: 2, printed: [], said: [overview(TABLE, STYLE)] });
  });
});

test('the exit code is the command’s own', async () => {
  expect(await run(['check'], [{ ...EXAMPLE, run: async () => EXIT.findings }])).toEqual({
    code: 1,
    printed: [],
    said: [],
  });
});

test('a command that throws exits with 2, which is not "findings"', async () => {
  const fails = async () => Promise.reject(new Error('unexpected'));
  const { code, said } = await run(['check'], [{ ...EXAMPLE, run: fails }]);
  expect([code, said.join()]).toEqual([2, expect.stringContaining('Error: unexpected')]);
});

describe('the program', () => {
  test('--version prints the version of the package', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await ended(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('without a command lists the commands on standard error', async () => {
    expect(await ended([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `${overview(COMMANDS, STYLE)}\n`,
    });
  });

  test.each([[['help']], [['--version']], [['serve', '--help']], [['completion', 'bash']]])(
    '%j exits with 2 and a sentence if standard output is full',
    async (args) => {
      const { options, close } = fullDevice();
      try {
        expect(await ended(args, options)).toMatchObject({
          code: 2,
          stderr: "bucket-cors: standard output can't be written: ENOSPC: no space left on device, write\n",
        });
      } finally {
        close();
      }
    },
  );

  test('says nothing if the reader of standard output has ended', async () => {
    const { options, close } = closedPipe();
    try {
      expect(await ended(['serve', '--help'], options)).toMatchObject({ code: 0, stderr: '' });
    } finally {
      close();
    }
  });

  /** `script` of util-linux runs a command on a pseudo-terminal. */
  const onTerminal = (args: string, env: Record<string, string>) =>
    spawnSync('script', ['-qec', `stty cols 90; ${NODE} ${BIN} ${args}`, '/dev/null'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', TERM: 'xterm', ...env },
      timeout: 30_000,
    }).stdout;

  describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
    test('prints headings in bold, in the columns of the terminal', () => {
      const text = onTerminal('help serve', {});
      expect(text).toContain('\x1b[1mUsage\x1b[22m');
      const [longest = 0] = text
        .split('\r\n')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
        .map((line) => line.replace(/\x1b\[\d+m/g, '').length)
        .sort((a, b) => b - a);
      expect(longest).toBeGreaterThan(80);
      expect(longest).toBeLessThanOrEqual(90);
    });

    test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('prints no colours with %j', (env) => {
      const text = onTerminal('help serve', env);
      expect(text).toContain('Usage');
      expect(text).not.toContain('\x1b');
    });

    test('prints colours with an empty NO_COLOR, which counts as not set', () => {
      expect(onTerminal('help', { NO_COLOR: '' })).toContain('\x1b[1m');
    });
  });
});
