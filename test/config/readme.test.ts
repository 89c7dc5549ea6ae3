import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';

/** A cell as it is read: `\|` stands for a bar, and code marks around a whole cell are looks only. */
const plain = (cell: string): string =>
  cell
    .trim()
    .replaceAll('\\|', '|')
    .replace(/^`([^`]*)`$/, '$1');

/** What stands for "no default". */
const NOTHING = new Set(['', '-', '–', '—', 'none']);

/** The README's rows `| flag | variable | default | example | about |`. */
async function rows(): Promise<string[][]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  return readme
    .split('\n')
    .filter((line) => /^\|\s*`--[a-z]/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map(plain),
    );
}

test('the README tells every option there is, and no other, as it is', async () => {
  const expected = OPTION_NAMES.map(optionOf).map(({ flag, variable, default: preset, example, about }) => [
    `--${flag}`,
    variable,
    preset ?? '',
    example,
    about,
  ]);
  const found = (await rows()).map((row) =>
    row.map((cell, at) => (at === 2 && NOTHING.has(cell) ? '' : cell)),
  );
  expect(found).toEqual(expected);
});
