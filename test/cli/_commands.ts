import { type Command, EXIT } from '../../src/cli/command.ts';

/** A command with every kind of flag. */
export const EXAMPLE: Command = {
  name: 'check',
  group: 'Understand rules',
  summary: "Find what hurts: in a bucket's rules",
  words: '[SOURCE]',
  maxWords: 1,
  about: 'Reads rules and lists what is wrong with them.',
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json', 'sarif'],
      about: "What it's printed as: [a form].",
    },
    { name: 'fix', about: 'Writes the rules.' },
    { name: 'path', value: 'PATH', about: 'The path.' },
    { name: 'header', value: 'NAME', many: true, about: 'A header. Not all.' },
    { name: 'out', short: 'o', value: 'FILE', isPath: true, about: 'The file to write.' },
  ],
  examples: [{ line: 'bucket-cors check cors.xml', about: 'The rules in a file.' }],
  exits: [
    { code: EXIT.nothing, when: 'Nothing is wrong.' },
    { code: EXIT.findings, when: 'Something is wrong.' },
  ],
  run: async () => EXIT.nothing,
};
