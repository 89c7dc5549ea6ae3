import { isatty } from 'node:tty';
import { print, said, say } from '../node/output/standard.ts';
import type { Terminal } from './command.ts';
import type { Environment } from './configure.ts';
import { wantsColours } from './formats/paint.ts';
import { openQuestion } from './question.ts';

const WIDTH = 80;
/** Longer lines are hard to read, and shorter ones have no room for a flag. */
const WIDTH_MOST = 100;
const WIDTH_LEAST = 40;

/** This process's terminal. */
export function openTerminal(env: Environment): Terminal {
  const isTerminal = isatty(1);
  const ask = openQuestion();
  return {
    env,
    // What was said before stands before it, also where both go to one file.
    print: async (text) => {
      await said();
      await print(text);
    },
    say,
    colours: isTerminal && wantsColours(env),
    width: isTerminal ? columns() : WIDTH,
    ...(ask !== undefined && { ask }),
  };
}

/** 0 columns: the terminal does not say. */
const columns = (): number => Math.max(WIDTH_LEAST, Math.min(WIDTH_MOST, process.stdout.columns || WIDTH));
