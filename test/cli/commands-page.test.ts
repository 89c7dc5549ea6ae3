import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pageWith, sectionOf } from '../../scripts/commands.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { EXAMPLE } from './_commands.ts';

const PAGE = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');

test('docs/commands.md says about every command what the source says (node scripts/commands.ts)', () => {
  for (const command of COMMANDS) expect(PAGE, command.name).toContain(sectionOf(command));
});

test('docs/commands.md has a heading for every command, and for no other', () => {
  const headings = [...PAGE.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
  expect(headings.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

test('a command’s part of a page is replaced, and text around it stays', () => {
  const old = '# T\n\n<!-- check: from the source -->\nold\n<!-- check: end -->\n\nMore.\n';
  const page = pageWith(old, [EXAMPLE]);
  expect(page).toBe(`# T\n\n${sectionOf(EXAMPLE)}\n\nMore.\n`);
  expect(pageWith(page, [EXAMPLE])).toBe(page);
  expect(page).toContain(
    "| `--format FORMAT` | What it's printed as: [a form]. One of table (the default), json, sarif. |",
  );
});

test('a new command gets a section', () => {
  expect(pageWith('# T\n', [EXAMPLE])).toBe(`# T\n\n## check\n\n${sectionOf(EXAMPLE)}\n`);
});

test('names of commands and flags are words that every shell takes as they are', () => {
  const names = COMMANDS.flatMap(({ name, flags }) => [name, ...flags.map((flag) => flag.name)]);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  for (const { flags } of COMMANDS) {
    const own = flags.map(({ name }) => name);
    expect(new Set(own).size).toBe(own.length);
    expect(own).not.toContain('help');
  }
});
