import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './listen.ts';
import { presence, type Running, startProgram } from './program.ts';

export const NGINX = presence('nginx', '-v', 'nginx');

export interface NginxConfiguration {
  /** Directives of the `http` block. */
  readonly http?: string;
  /** Directives of the `server` block, without `listen`. */
  readonly server: string;
}

export interface Nginx extends Running {
  /** The number of answers in the cache `cache`. */
  stored(): Promise<number>;
}

/** The configuration file. Its cache zone is `cache`: `proxy_cache cache`. */
const frame = (folder: string, port: number, { http = '', server }: NginxConfiguration): string => `
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=cache:1m;
  ${http}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`;

/** Starts Debian's nginx on a free port of loopback, with its files in a temporary folder. */
export async function startNginx(configuration: NginxConfiguration): Promise<Nginx> {
  const port = await freePort();
  let cache = '';
  const running = await startProgram('nginx', port, async (folder) => {
    await chmod(folder, 0o755);
    cache = join(folder, 'cache');
    const file = join(folder, 'nginx.conf');
    await writeFile(file, frame(folder, port, configuration));
    // `-e`: before nginx reads the file it would open the system's log.
    return ['-e', 'stderr', '-p', folder, '-c', file, '-g', 'daemon off;'];
  });
  return {
    ...running,
    stored: async () =>
      (await readdir(cache, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
        .length,
  };
}
