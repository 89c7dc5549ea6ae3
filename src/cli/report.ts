import { type Fault, faultText } from '../document/fault.ts';
import { nearest } from '../document/nearest.ts';
import type { Terminal } from './command.ts';

/** Says each fault of a command line in a line, and the command line that helps, if one does. */
export function report(faults: readonly Fault[], help: string | null, { say }: Pick<Terminal, 'say'>): void {
  for (const fault of faults) say(`bucket-cors: ${faultText(fault)}`);
  if (help !== null) say(`Try "${help}"`);
}

/** The name that a misspelt word means; undefined if fewer than half of the word's letters are in it. */
export function meantBy(word: string, names: readonly string[]): string | undefined {
  const name = nearest(word, names);
  const letters = [...word.toLowerCase()];
  const common = letters.filter((letter) => name?.includes(letter)).length;
  return common * 2 < letters.length ? undefined : name;
}
