import type { Command, Flag, Term } from './command.ts';

/** How help is set. */
export interface Style {
  /** Columns of a line. */
  readonly width: number;
  readonly colours: boolean;
}

const INDENT = 2;
const ABOUT_INDENT = 6;
/** Blanks between a name and the text beside it. */
const GAP = 2;

/** Flags that every command has. */
const COMMON: readonly Flag[] = [{ name: 'help', about: 'Shows this page.', section: 'Help' }];

const flagsWithHelp = ({ flags }: Command): readonly Flag[] => [...flags, ...COMMON];

/** The list of commands, by what people want to do. */
export function overview(commands: readonly Command[], style: Style): string {
  const names = commands.map(({ name, words }) => (words === '' ? name : `${name} ${words}`));
  const column = Math.max(...names.map(({ length }) => length)) + GAP;
  const groups = [...new Set(commands.map(({ group }) => group))].map((group) => [
    bold(group, style),
    ...commands.flatMap(({ group: own, summary }, at) =>
      own === group
        ? beside(names[at] ?? '', summary, column, style).map((line) => indented(line, INDENT))
        : [],
    ),
  ]);
  return [
    ...wrap("bucket-cors: your bucket's own CORS rules, enforced correctly at every edge.", style.width),
    '',
    'Usage: bucket-cors COMMAND [FLAGS]',
    ...groups.flatMap((lines) => ['', ...lines]),
    '',
    ...wrap(
      '"bucket-cors COMMAND --help" shows the flags, examples and exit codes of a command.',
      style.width,
    ),
    ...wrap('"bucket-cors --version" prints the version.', style.width),
  ].join('\n');
}

/** Everything about one command. */
export function commandHelp(command: Command, style: Style): string {
  const { about, terms, examples, exits } = command;
  const width = style.width - INDENT;
  const sections: (readonly [string, readonly string[]])[] = [
    ['Usage', usageLines(command)],
    ['About', wrap(about, width)],
    ...(terms === undefined ? [] : [[terms.title, termLines(terms.rows, style)] as const]),
    ...flagSections(command, style),
    [
      'Examples',
      examples.flatMap(({ line, about: what }, at) => [
        ...(at === 0 ? [] : ['']),
        ...wrap(what, width),
        `  ${line}`,
      ]),
    ],
    ['Exit codes', exits.flatMap(({ code, when }) => beside(String(code), when, codeColumn(command), style))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [bold(title, style), ...lines.map((line) => indented(line, INDENT))].join('\n'))
    .join('\n\n');
}

/** The forms of a command's line, one or several. */
export const usageLines = ({ name, flags, words, forms = [words] }: Command): readonly string[] =>
  forms.map((form) =>
    ['bucket-cors', name, ...(flags.length > 0 ? ['[FLAGS]'] : []), ...(form === '' ? [] : [form])].join(' '),
  );

function termLines(rows: readonly Term[], style: Style): readonly string[] {
  const column = Math.max(...rows.map(({ name }) => name.length)) + GAP;
  return rows.flatMap(({ name, about }) => beside(name, about, column, style));
}

/** The column of the text beside exit codes. */
const codeColumn = ({ exits }: Command): number =>
  Math.max(...exits.map(({ code }) => String(code).length)) + GAP;

/** The flags by section. Those without one come under `Flags`, and `--help` in the last section. */
function flagSections(command: Command, style: Style): (readonly [string, readonly string[]])[] {
  const all = flagsWithHelp(command);
  const own = [...new Set(command.flags.map(({ section = 'Flags' }) => section))];
  const last = own.at(-1) ?? 'Flags';
  const sectionOf = ({ name, section = 'Flags' }: Flag) => (name === 'help' ? last : section);
  return (own.length === 0 ? [last] : own).map((title) => [
    title,
    all.filter((flag) => sectionOf(flag) === title).flatMap((flag) => flagLines(flag, style)),
  ]);
}

function flagLines(flag: Flag, style: Style): string[] {
  const width = style.width - ABOUT_INDENT;
  const lines = [flag.about, notes(flag).join(' ')].filter((text) => text !== '');
  return [
    bold(flagForm(flag), style),
    ...lines.flatMap((text) => wrap(text, width)).map((line) => indented(line, ABOUT_INDENT - INDENT)),
  ];
}

/** `--format FORMAT`, or `-o, --output FILE`. */
export const flagForm = ({ name, short, value }: Flag): string =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

/** What help says about a flag beside its own sentence. */
export function notes({ choices, many, preset, variable }: Flag): readonly string[] {
  const [first, ...others] = choices ?? [];
  return [
    ...(first === undefined ? [] : [`One of ${[`${first} (the default)`, ...others].join(', ')}.`]),
    ...(many ? ['May be given several times.'] : []),
    ...(preset === undefined ? [] : [`Default: ${preset}.`]),
    ...(variable === undefined ? [] : [`Variable: ${variable}.`]),
  ];
}

/** A name, and a text in a column beside it. */
const beside = (name: string, text: string, column: number, { width }: Style): string[] =>
  wrap(text, width - INDENT - column).map((line, at) => (at === 0 ? name : '').padEnd(column) + line);

const indented = (line: string, by: number): string => (line === '' ? '' : ' '.repeat(by) + line);

/** The words of a text in lines of at most `width` columns; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** SGR 1, and back to normal intensity. */
const bold = (text: string, { colours }: Style): string => (colours ? `\x1b[1m${text}\x1b[22m` : text);
