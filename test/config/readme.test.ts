import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPTION_NAMES, OPTION_SECTIONS, OPTIONS, optionOf } from '../../src/config/options.ts';

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

test('docs/options.md has the options under the headings of help, in the same order', () => {
  const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
  const sections = page
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      section.split('\n', 1)[0],
      [...section.matchAll(/^\| `--([a-z-]+)`/gm)].map(([, flag]) => flag),
    ]);
  expect(sections).toEqual(
    Object.entries(OPTION_SECTIONS).map(([heading, names]) => [
      heading,
      names.map((name) => OPTIONS[name].flag),
    ]),
  );
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
