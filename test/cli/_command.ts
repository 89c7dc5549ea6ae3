import type { Command, Terminal } from '../../src/cli/command.ts';
import { readArguments } from '../../src/cli/parse.ts';
import { faultText } from '../../src/document/fault.ts';

export interface Ran {
  /** 2 for faults of the command line, as the program exits. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process. */
export async function runCommand(
  command: Command,
  line: readonly string[],
  {
    env = {},
    ...style
  }: {
    env?: Record<string, string>;
    colours?: boolean;
    width?: number;
    ask?: NonNullable<Terminal['ask']>;
  } = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const say = (text: string) => {
    stderr += `${text}\n`;
  };
  const print = async (text: string) => {
    stdout += `${text}\n`;
  };
  const args = readArguments(command, line);
  const ended =
    args.faults.length > 0
      ? args.faults
      : await command.run(args, { env, print, say, colours: false, ...style });
  if (ended === 'serving') throw new Error(`${command.name} serves`);
  if (typeof ended === 'number') return { code: ended, stdout, stderr };
  return { code: 2, stdout, stderr: stderr + ended.map((fault) => `${faultText(fault)}\n`).join('') };
}
