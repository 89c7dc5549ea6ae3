import { type Command, EXIT } from './command.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { zshScript } from './completion/zsh.ts';

/** The shells, and the script of each for a table of commands. */
export const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

const SHELLS: readonly string[] = Object.keys(SCRIPTS);
const CHOICES = 'bash, zsh or fish';

/** The command `completion` for a table of commands. */
export const completionOf = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  group: 'Set up',
  summary: 'Print a completion script for bash, zsh or fish',
  words: 'SHELL',
  minWords: 1,
  maxWords: 1,
  offers: () => SHELLS,
  about:
    'Prints a script that completes commands, flags, the values of flags, and files. The script has all it needs, and does not start bucket-cors. Print it again after an update.',
  flags: [],
  examples: [
    { line: 'source <(bucket-cors completion bash)', about: 'For bash, in ~/.bashrc.' },
    {
      line: 'source <(bucket-cors completion zsh)',
      about: 'For zsh, in ~/.zshrc after compinit; or as the file _bucket-cors in a folder of $fpath.',
    },
    { line: 'bucket-cors completion fish > ~/.config/fish/completions/bucket-cors.fish', about: 'For fish.' },
  ],
  exits: [
    { code: EXIT.nothing, when: 'The script is printed.' },
    { code: EXIT.failed, when: 'There is no script for the shell, or standard output cannot be written.' },
  ],
  run: async ({ words: [shell = ''] }, { print }) => {
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (script === undefined) {
      return [{ place: 'SHELL', value: shell, reason: 'is not a shell with a script', write: CHOICES }];
    }
    await print(script(commands()));
    return EXIT.nothing;
  },
});
