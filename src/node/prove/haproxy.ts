import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOnPath, startProgram } from './program.ts';
import type { Prover } from './prover.ts';

/** The operator's part: a frontend that uses the exported backend. */
const frontend = (port: number, backend: string): string => `global
    maxconn 200
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend proof
    bind 127.0.0.1:${port}
    default_backend ${backend}
`;

export const haproxyProver: Prover = {
  program: 'haproxy',
  install: 'apt-get install haproxy',
  isInstalled: () => isOnPath('haproxy'),
  start: ([file]) =>
    startProgram('haproxy', async (folder, port) => {
      const text = file?.text ?? '';
      const backend = /^backend (\w+)$/m.exec(text)?.[1] ?? 'cors';
      const [main, exported] = [join(folder, 'haproxy.cfg'), join(folder, 'cors.cfg')];
      await writeFile(main, frontend(port, backend));
      await writeFile(exported, text);
      return ['-db', '-f', main, '-f', exported];
    }),
};
