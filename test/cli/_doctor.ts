import { doctor } from '../../src/cli/doctor.ts';
import { APP, type Server, whileServed } from '../doctor/_server.ts';
import { type Ran, runCommand } from './_command.ts';

/** Runs the command on a server; `words` may make more of the URL. */
export const examine = (
  server: Server,
  flags: readonly string[],
  words = (url: string) => [url],
): Promise<Ran> =>
  whileServed(server, (url) => runCommand(doctor, [...words(url), '--origin', APP, ...flags]));
