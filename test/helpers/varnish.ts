import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './listen.ts';
import { presence, type Running, startProgram } from './program.ts';

export const VARNISH = presence('varnishd', '-V', 'varnish');

/** Starts Debian's varnishd before a server, on a free port of loopback. `vcl` is added after the backend's definition. */
export async function startVarnish(backend: string, vcl = ''): Promise<Running> {
  const port = await freePort();
  const { hostname, port: behind } = new URL(backend);
  return startProgram('varnishd', port, async (folder) => {
    const file = join(folder, 'default.vcl');
    const work = join(folder, 'work');
    await mkdir(work);
    await writeFile(
      file,
      `vcl 4.1;\nbackend default { .host = "${hostname}"; .port = "${behind}"; }\n${vcl}\n`,
    );
    // No jail: it requires a separate user with rights on the folder.
    return ['-F', '-j', 'none', '-n', work, '-a', `127.0.0.1:${port}`, '-f', file, '-s', 'malloc,16m'];
  });
}
