import type { Command } from './command.ts';
import { completionOf } from './completion.ts';
import { demo } from './demo.ts';
import { helpOf } from './help.ts';
import { serve } from './serve.ts';

/** Every command, in the order of `bucket-cors --help`. */
export const COMMANDS: readonly Command[] = [
  serve,
  demo,
  completionOf(() => COMMANDS),
  helpOf(() => COMMANDS),
];
