import type { Arguments, Command } from '../../src/cli/command.ts';
import { type Fault, faultText } from '../../src/document/fault.ts';

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
  { env = {}, colours = false }: { env?: Record<string, string>; colours?: boolean } = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const say = (text: string) => {
    stderr += `${text}\n`;
  };
  const print = async (text: string) => {
    stdout += `${text}\n`;
  };
  const ended = await command.run(argumentsOf(command, line), { env, print, say, colours });
  if (typeof ended === 'number') return { code: ended, stdout, stderr };
  return { code: 2, stdout, stderr: stderr + ended.map((fault: Fault) => `${faultText(fault)}\n`).join('') };
}

function argumentsOf(command: Command, line: readonly string[]): Arguments {
  const words: string[] = [];
  const given = new Map<string, string[]>();
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? '';
    const flag = command.flags.find(({ name }) => word === `--${name}`);
    if (flag === undefined && word.startsWith('--')) throw new Error(`${word} is not a flag`);
    if (flag === undefined) words.push(word);
    else given.set(flag.name, [...(given.get(flag.name) ?? []), flag.value ? (line[++at] ?? '') : '']);
  }
  const values = (name: string) => given.get(name) ?? [];
  return {
    words,
    values,
    value: (name) =>
      values(name)[0] ?? command.flags.find((flag) => flag.name === name)?.choices?.[0] ?? null,
    on: (name) => given.has(name),
  };
}
