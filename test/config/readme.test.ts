import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';

/** The text of a cell: `\|` is an escaped bar, and backticks around the whole cell are formatting. */
const plain = (cell: string): string =>
  cell
    .trim()
    .replaceAll('\\|', '|')
    .replace(/^`([^`]*)`$/, '$1');

const NO_DEFAULT = '–';

/** The rows `… | flag | variable | default | example | about |` of a page's tables, without what comes before the flag. */
function rowsOf(page: string): string[][] {
  return readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
    .split('\n')
    .flatMap((line) => /^\|(?:[^|]*\|)?(\s*`--[a-z].*)\|$/.exec(line)?.[1] ?? [])
    .map((row) => row.split(/(?<!\\)\|/).map(plain));
}

const byFlag = (rows: readonly string[][]) =>
  Object.fromEntries(rows.map(([flag, variable, preset, example]) => [flag, { variable, preset, example }]));

const OF_SOURCE = byFlag(
  OPTION_NAMES.map(optionOf).map(({ flag, variable, default: preset, example }) => [
    `--${flag}`,
    variable,
    preset ?? NO_DEFAULT,
    example,
  ]),
);

test('docs/options.md lists every option once, with the flag, variable, default and example of the source', () => {
  const rows = rowsOf('docs/options.md');
  expect(byFlag(rows)).toEqual(OF_SOURCE);
  expect(rows).toHaveLength(Object.keys(OF_SOURCE).length);
});

test('the README lists some options, with the flag, variable, default and example of the source', () => {
  const rows = rowsOf('README.md');
  expect(rows.length).toBeGreaterThan(9);
  expect(OF_SOURCE).toMatchObject(byFlag(rows));
});

test.each(['docs/options.md', 'README.md'])(
  'each option has a sentence that says what it does: %s',
  (page) => {
    for (const row of rowsOf(page))
      expect(row, row[0]).toEqual([...row.slice(0, 4), expect.stringMatching(/\w+.*\.$/)]);
  },
);
