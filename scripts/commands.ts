// Writes the part of docs/commands.md that comes from the source: `node scripts/commands.ts`. Text outside the marks stays.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command, Flag } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { flagForm, notes, usageLines } from '../src/cli/usage.ts';

const PAGE = fileURLToPath(new URL('../docs/commands.md', import.meta.url));

const cell = (text: string): string => text.replaceAll('|', '\\|');

const flagRow = (flag: Flag): string =>
  `| \`${cell(flagForm(flag))}\` | ${cell([flag.about, ...notes(flag)].join(' '))} |`;

/** The flags of the commands that serve are the options, which have a page of their own. */
function flagsOf({ flags, serves }: Command): readonly string[] {
  if (serves) return ['', 'Flags: [options.md](options.md).'];
  return flags.length === 0 ? [] : ['', '| flag | what it does |', '| --- | --- |', ...flags.map(flagRow)];
}

/** The values of the words, as a table. */
function termsOf({ terms }: Command): readonly string[] {
  if (terms === undefined) return [];
  const rows = terms.rows.map(({ name, about }) => `| \`${cell(name)}\` | ${cell(about)} |`);
  return ['', `| ${terms.title.toLowerCase()} | |`, '| --- | --- |', ...rows];
}

/** A command's line; several forms are a list. */
function formsOf(command: Command): readonly string[] {
  const lines = usageLines(command).map((line) => `\`${line}\``);
  return lines.length === 1 ? lines : lines.map((line) => `- ${line}`);
}

/** What the page says about a command from the source, with its marks. */
export function sectionOf(command: Command): string {
  const { name, about, examples, exits } = command;
  return [
    `<!-- ${name}: from the source -->`,
    '',
    ...formsOf(command),
    '',
    about,
    ...termsOf(command),
    ...flagsOf(command),
    '',
    ...examples.map((example) => `- ${example.about} \`${example.line}\``),
    '',
    '| exit code | when |',
    '| --- | --- |',
    ...exits.map(({ code, when }) => `| ${code} | ${cell(when)} |`),
    '',
    `<!-- ${name}: end -->`,
  ].join('\n');
}

/** The page with the present text of every command; a new command gets a section at the end. */
export const pageWith = (page: string, commands: readonly Command[]): string =>
  commands.reduce((text, command) => {
    const { name } = command;
    const marked = new RegExp(`<!-- ${name}: from the source -->.*<!-- ${name}: end -->`, 's');
    if (!marked.test(text)) return `${text.trimEnd()}\n\n## ${name}\n\n${sectionOf(command)}\n`;
    return text.replace(marked, () => sectionOf(command));
  }, page);

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), COMMANDS));
