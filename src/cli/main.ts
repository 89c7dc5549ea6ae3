import { exitLater, print, said, say } from '../node/output/standard.ts';
import type { Environment } from './configure.ts';
import { demo } from './demo.ts';
import { serve } from './serve.ts';
import { USAGE } from './usage.ts';
import { VERSION } from './version.ts';

/** Runs one command line. Exits with 2 when the command line is wrong, with 1 when the start fails. */
export async function main(args: readonly string[], env: Environment): Promise<void> {
  await command(args, env);
  await said();
}

async function command(args: readonly string[], env: Environment): Promise<void> {
  const [name, ...rest] = args;
  switch (name) {
    case 'serve':
      return serve(rest, env);
    case 'demo':
      return demo(rest, env);
    case 'help':
    case '--help':
    case '-h':
      await print(USAGE);
      return exitLater(0);
    case '--version':
      await print(VERSION);
      return exitLater(0);
    default:
      say(`bucket-cors: ${name === undefined ? 'no command given' : `${name} is not a command`}`);
      say(USAGE);
      return exitLater(2);
  }
}
