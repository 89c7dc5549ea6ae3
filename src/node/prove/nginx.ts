import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportFile } from '../../export/target.ts';
import { isOnPath, startProgram, versionOf } from './program.ts';
import type { Prover, Unpassable } from './prover.ts';

/** `$upstream_http_vary` has all lines from 1.23.0 on (https://nginx.org/en/CHANGES). */
const FIRST_VARY: Unpassable = {
  answers: 'several Vary lines',
  why: 'nginx before 1.23 reads the first alone',
  has: ({ vary }) => vary.length > 1,
};

export const nginxProver: Prover = {
  program: 'nginx',
  install: 'apt-get install nginx',
  isInstalled: () => isOnPath('nginx'),
  unpassable: async () => {
    const [major = 1, minor = 0] = await versionOf('nginx', ['-v']);
    return major === 1 && minor < 23 ? [FIRST_VARY] : [];
  },
  start: (files, bucketUrl) =>
    startProgram('nginx', async (folder, port) => {
      // Started by root, nginx serves as another user.
      await chmod(folder, 0o755);
      for (const { name, text } of files) await writeFile(join(folder, name), text);
      const file = join(folder, 'nginx.conf');
      await writeFile(file, configuration(folder, port, files, bucketUrl));
      // `-e`: before nginx reads the file it would open the system's log.
      return ['-e', 'stderr', '-p', folder, '-c', file, '-g', 'daemon off;'];
    }),
};

/** A whole configuration around an export: the maps in `http`, the directives in the location. */
function configuration(
  folder: string,
  port: number,
  files: readonly ExportFile[],
  bucketUrl: string,
): string {
  const includes = (isLocation: boolean): string =>
    files
      .filter(({ name }) => name.endsWith('.location.inc') === isLocation)
      .map(({ name }) => `include ${folder}/${name};`)
      .join('\n');
  return `
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_requests 1000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream bucket { server ${new URL(bucketUrl).host}; keepalive 16; keepalive_requests 1000000; }
  ${includes(false)}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://bucket;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${includes(true)}
    }
  }
}
`;
}
