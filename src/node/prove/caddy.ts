import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBanner } from '../../export/banner.ts';
import { isOnPath, startProgram } from './program.ts';
import type { Prover } from './prover.ts';

export const caddyProver: Prover = {
  program: 'caddy',
  install: 'apt-get install caddy',
  isInstalled: () => isOnPath('caddy'),
  start: ([file], bucketUrl) =>
    startProgram('caddy', async (folder, port) => {
      const text = file?.text ?? '';
      const name = readBanner(text)?.name ?? 'cors';
      await writeFile(join(folder, 'cors.caddyfile'), text);
      await writeFile(join(folder, 'Caddyfile'), caddyfile(name, port, bucketUrl));
      return ['run', '--config', join(folder, 'Caddyfile')];
    }),
};

const caddyfile = (name: string, port: number, bucketUrl: string): string => `{
    admin off
    auto_https off
    log {
        level ERROR
    }
}
import cors.caddyfile
http://127.0.0.1:${port} {
    bind 127.0.0.1
    route {
        import ${name}
        reverse_proxy ${bucketUrl}
    }
}
`;
