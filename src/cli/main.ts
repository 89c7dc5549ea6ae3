import { inspect } from 'node:util';
import { withoutSecrets } from '../config/secrets.ts';
import type { Fault } from '../document/fault.ts';
import { isOutputFault } from '../node/output/print.ts';
import { exit, said } from '../node/output/standard.ts';
import { type Command, type Ending, EXIT, type Terminal } from './command.ts';
import type { Environment } from './configure.ts';
import { demo } from './demo.ts';
import { visible } from './formats/paint.ts';
import { styleOf, unknownCommand } from './help.ts';
import { asksForHelp, readArguments } from './parse.ts';
import { meantBy, report } from './report.ts';
import { serve } from './serve.ts';
import { openTerminal } from './terminal.ts';
import { commandHelp, overview } from './usage.ts';
import { VERSION } from './version.ts';

/** They stay in memory: they start without the modules of the others. */
const SERVING: readonly Command[] = [serve, demo];

/** Runs one command line. Exits with the command's code; with 2 when the command line is wrong. */
export async function main(args: readonly string[], env: Environment): Promise<void> {
  const commands = SERVING.some(({ name }) => name === args[0])
    ? SERVING
    : (await import('./commands.ts')).COMMANDS;
  const code = await runLine(args, commands, openTerminal(env));
  if (code === 'serving') await said();
  else await exit(code);
}

/**
 * Runs the command that a line names, and resolves to the exit code. Says what is wrong on standard error, where a value
 * of a document or of the line cannot command the terminal or begin a line.
 */
export async function runLine(
  [name, ...rest]: readonly string[],
  commands: readonly Command[],
  given: Terminal,
): Promise<number | 'serving'> {
  const say = (line: string) => given.say(visible(line));
  const terminal = { ...given, say };
  const { print } = terminal;
  const command = commands.find((one) => one.name === name);
  try {
    if (command !== undefined) return await runCommand(command, rest, terminal);
    if (name === '--help' || name === '-h') await print(overview(commands, styleOf(terminal)));
    else if (name === '--version') await print(VERSION);
    else {
      if (name === undefined) given.say(overview(commands, { ...styleOf(terminal), colours: false }));
      else report([unknownWord(name, commands)], 'bucket-cors --help', terminal);
      return EXIT.failed;
    }
    return EXIT.nothing;
  } catch (error) {
    if (isOutputFault(error)) say(`bucket-cors: ${error.message}`);
    else if (command?.serves) throw error;
    else for (const line of inspect(error).split('\n')) say(line);
    return EXIT.failed;
  }
}

async function runCommand(
  command: Command,
  given: readonly string[],
  terminal: Terminal,
): Promise<number | 'serving'> {
  if (asksForHelp(command, given)) {
    await terminal.print(commandHelp(command, styleOf(terminal)));
    return EXIT.nothing;
  }
  const args = readArguments(command, given);
  const goesOn = args.faults.length === 0 || command.serves;
  const ending: Ending = goesOn ? await command.run(args, terminal) : args.faults;
  if (typeof ending !== 'object') return ending;
  // The configuration of an edge comes from variables and files too, which `--help` does not explain better.
  const help = command.serves && args.faults.length === 0 ? null : `bucket-cors ${command.name} --help`;
  report(ending, help, terminal);
  return EXIT.failed;
}

/** Flags that stand without a command. */
const ALONE = ['help', 'version'];

/** A word in place of a command: a misspelt one, a misspelt flag, or a flag of `serve` without its command. */
function unknownWord(name: string, commands: readonly Command[]): Fault {
  const flag = /^--([^=]+)/.exec(name)?.[1];
  const owner = commands.find(({ flags }) => flags.some((one) => one.name === flag));
  if (owner !== undefined)
    return {
      place: `--${flag}`,
      reason: 'stands before a command',
      write: `bucket-cors ${owner.name} --${flag}`,
    };
  return name.startsWith('-') ? unknownFlag(name) : unknownCommand(name, commands);
}

/** `-v` is the beginning of a name. */
function unknownFlag(name: string): Fault {
  const word = name.replace(/^-+|=.*$/gs, '').toLowerCase();
  const meant = meantBy(word, ALONE) ?? ALONE.find((one) => word !== '' && one.startsWith(word));
  const place = withoutSecrets(name) ?? 'the first word';
  const write = meant === undefined ? '--help, --version, or a command before it' : `--${meant}`;
  return { place, reason: 'is not a flag', write };
}
