import type { Environment } from './configure.ts';
import { demo } from './demo.ts';
import { serve } from './serve.ts';
import { USAGE } from './usage.ts';
import { VERSION } from './version.ts';

/** Runs one command line. Exits with 2 when the command line is wrong, with 1 when the start fails. */
export async function main(args: readonly string[], env: Environment): Promise<void> {
  const [command, ...rest] = args;
  switch (command) {
    case 'serve':
      return serve(rest, env);
    case 'demo':
      return demo(rest, env);
    case 'help':
    case '--help':
    case '-h':
      console.log(USAGE);
      return;
    case '--version':
      console.log(VERSION);
      return;
    default:
      console.error(
        `bucket-cors: ${command === undefined ? 'no command given' : `${command} is not a command`}`,
      );
      console.error(USAGE);
      process.exitCode = 2;
  }
}
