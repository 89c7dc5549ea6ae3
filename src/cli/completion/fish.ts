import type { Command, Flag } from '../command.ts';
import { brief, filesFollow, flagsOf, valuesOf, wordsOf } from './offers.ts';

/** The script for fish 3 and later. */
export function fishScript(commands: readonly Command[]): string {
  return [
    '# fish completion for bucket-cors',
    '# True if the command is the argument; without one, if there is no command yet.',
    'function __bucket_cors_is',
    '    set -l words (commandline -opc)',
    '    if test (count $words) -lt 2',
    '        test -z "$argv[1]"',
    '    else',
    '        test "$argv[1]" = "$words[2]"',
    '    end',
    'end',
    'complete -c bucket-cors -e',
    'complete -c bucket-cors -f',
    "complete -c bucket-cors -n '__bucket_cors_is' -l help -d 'Lists the commands'",
    "complete -c bucket-cors -n '__bucket_cors_is' -l version -d 'Prints the version'",
    ...commands.map(
      ({ name, summary }) => `complete -c bucket-cors -n '__bucket_cors_is' -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap((command) => [...wordLine(command), ...flagsOf(command).map(flagLine(command))]),
  ].join('\n');
}

/** True before the first word of a command. */
const FIRST = 'test (count (commandline -opc)) -eq 2';

const condition = ({ name }: Command, also?: string): string =>
  `complete -c bucket-cors -n '__bucket_cors_is ${name}${also === undefined ? '' : `; and ${also}`}'`;

const flagLine =
  (command: Command) =>
  (flag: Flag): string => {
    const letter = flag.short === undefined ? '' : ` -s ${flag.short}`;
    const head = `${condition(command)}${letter} -l ${flag.name} -d ${quoted(brief(flag))}`;
    if (flag.value === undefined) return head;
    const values = valuesOf(flag);
    if (values.length > 0) return `${head} -x -a ${quoted(values.join(' '))}`;
    return `${head} ${flag.isPath ? '-r -F' : '-x'}`;
  };

function wordLine(command: Command): string[] {
  const words = wordsOf(command);
  if (words === null) return [];
  if (filesFollow(command) && words !== 'files')
    return [
      `${condition(command, FIRST)} -a ${quoted(words.join(' '))}`,
      `${condition(command, `not ${FIRST}`)} -F`,
    ];
  return [`${condition(command)} ${words === 'files' ? '-F' : `-a ${quoted(words.join(' '))}`}`];
}

/** A text in single quotes for fish, which escapes with a backslash there. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
