import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { SCRIPTS } from '../../src/cli/completion.ts';
import { EXAMPLE } from './_commands.ts';
import { ended } from './_process.ts';

const ZSH = fileURLToPath(new URL('_complete.zsh', import.meta.url));

/** The table with a command of each kind of flag, in place of one of the same name. */
const TABLE = [...COMMANDS.filter(({ name }) => name !== EXAMPLE.name), EXAMPLE];

type Shell = keyof typeof SCRIPTS;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  writeFileSync(join(folder, 'cors rules.xml'), '');
  writeFileSync(join(folder, 'other.json'), '');
  for (const shell of Object.keys(SCRIPTS) as Shell[])
    writeFileSync(join(folder, `script.${shell}`), `${SCRIPTS[shell](TABLE)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const execute = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  });

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What a shell offers for a line whose last word is being typed. */
const OFFERS: Readonly<Record<Shell, (line: string) => readonly string[]>> = {
  bash: (line) => {
    // Bash splits a line at equals signs too.
    const words = line.split(/ |(=)/).filter((word) => word !== undefined);
    const found = `source ./script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bucket_cors; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(execute('bash', ['--norc', '-c', found, 'bash', ...words]));
  },
  zsh: (line) =>
    [...execute('zsh', ['-f', ZSH, join(folder, 'script.zsh'), line]).matchAll(/<offer>(.*?)<\/offer>/g)].map(
      ([, offer = '']) => offer,
    ),
  fish: (line) => {
    const found = execute('fish', ['--no-config', '-c', 'source ./script.fish; complete -C $argv[1]', line]);
    // A tab separates the description.
    return linesOf(found).map((offer) => offer.split('\t')[0] ?? '');
  },
};

const isMissing = (shell: Shell): boolean =>
  process.env.CI !== 'true' && spawnSync(shell, ['--version']).error !== undefined;

describe.each(Object.keys(SCRIPTS) as Shell[])('the script of %s', (shell) => {
  const skipped = isMissing(shell);
  const about = skipped ? ` (skipped: there is no ${shell})` : '';
  const offers = (line: string) =>
    // Fish offers `--format=json` whole, and zsh the flag with its equals sign. Both escape blanks.
    [...new Set(OFFERS[shell](line).map((offer) => offer.replace(/^--\w+=(?=.)|=$|\\/g, '')))].sort();

  test.skipIf(skipped).each<readonly [string, readonly string[]]>([
    ['bucket-cors ch', ['check']],
    ['bucket-cors se', ['serve']],
    ['bucket-cors --ver', ['--version']],
    ['bucket-cors completion ', ['bash', 'fish', 'zsh']],
    ['bucket-cors help comp', ['completion']],
    ['bucket-cors rules co', ['copy']],
    ['bucket-cors rules put co', ['cors rules.xml']],
    ['bucket-cors rules add --ori', ['--origin']],
    ['bucket-cors check --fo', ['--format']],
    ['bucket-cors check --f', ['--fix', '--format']],
    ['bucket-cors check --format ', ['json', 'sarif', 'table']],
    ['bucket-cors check --format s', ['sarif']],
    ['bucket-cors check --format=s', ['sarif']],
    ['bucket-cors check --fix --hel', ['--help']],
    ['bucket-cors check co', ['cors rules.xml']],
    ['bucket-cors check --out ot', ['other.json']],
    ['bucket-cors check -o ot', ['other.json']],
    ['bucket-cors check --header co', []],
    ['bucket-cors serve --store ', ['oss', 's3']],
    ['bucket-cors serve --rules ot', ['other.json']],
    ['bucket-cors serve --debug', ['--debug-reason']],
    ['bucket-cors serve --port ot', []],
  ])(`completes %j${about}`, (line, expected) => {
    expect(offers(line)).toEqual(expected);
  });

  test.skipIf(skipped)(`offers every command${about}`, () => {
    expect(offers('bucket-cors ').filter((offer) => !offer.startsWith('-'))).toEqual(
      TABLE.map(({ name }) => name).sort(),
    );
  });

  test('is what the command prints', async () => {
    expect(await ended(['completion', shell])).toEqual({
      code: 0,
      stdout: `${SCRIPTS[shell](COMMANDS)}\n`,
      stderr: '',
      lines: [],
    });
  });
});

test('a shell without a script is a fault that names all that have one', async () => {
  expect(await ended(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stdout: '',
    lines: [
      'bucket-cors: SHELL "tcsh" is not a shell with a script; write bash, zsh or fish',
      'Try "bucket-cors completion --help"',
    ],
  });
});
