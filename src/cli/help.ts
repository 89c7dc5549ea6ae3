import { withoutSecrets } from '../config/secrets.ts';
import type { Fault } from '../document/fault.ts';
import { type Command, EXIT, type Terminal } from './command.ts';
import { meantBy, report } from './report.ts';
import { commandHelp, overview, type Style } from './usage.ts';

/** The command `help` for a table of commands. */
export const helpOf = (commands: () => readonly Command[]): Command => ({
  name: 'help',
  group: 'Set up',
  summary: 'List the commands, or explain one',
  words: '[COMMAND]',
  maxWords: 1,
  offers: () => commands().map(({ name }) => name),
  about: 'Lists the commands. With the name of a command it shows what --help shows after that name.',
  flags: [],
  examples: [{ line: 'bucket-cors help serve', about: 'The flags of a command.' }],
  exits: [
    { code: EXIT.nothing, when: 'The help is printed.' },
    { code: EXIT.failed, when: 'There is no such command, or standard output cannot be written.' },
  ],
  run: async ({ words: [name] }, terminal) => {
    if (name === undefined) {
      await terminal.print(overview(commands(), styleOf(terminal)));
      return EXIT.nothing;
    }
    const command = commands().find((one) => one.name === name);
    if (command === undefined) {
      report([unknownCommand(name, commands())], 'bucket-cors --help', terminal);
      return EXIT.failed;
    }
    await terminal.print(commandHelp(command, styleOf(terminal)));
    return EXIT.nothing;
  },
});

/** Columns and colours of a terminal's help. */
export const styleOf = ({ width = 80, colours }: Terminal): Style => ({ width, colours });

/** The fault of a word that is no command. */
export function unknownCommand(word: string, commands: readonly Command[]): Fault {
  const names = commands.map(({ name }) => name);
  const place = withoutSecrets(word) ?? 'the first word';
  return { place, reason: 'is not a command', write: meantBy(word, names) ?? names.join(', ') };
}
