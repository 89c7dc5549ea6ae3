import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOnPath, startProgram } from './program.ts';
import type { Prover } from './prover.ts';

/** Apache with further modules and directives of its virtual host, after the export; `FOLDER` is a writable one. */
export const apacheWith = (modules: readonly string[], directives: string): Prover => ({
  program: 'apache2',
  install: 'apt-get install apache2',
  isInstalled: () => isOnPath('apache2'),
  start: ([file], bucketUrl) =>
    startProgram('apache2', async (folder, port) => {
      await writeFile(join(folder, 'cors.conf'), file?.text ?? '');
      const rest = directives.replaceAll('FOLDER', folder);
      await writeFile(
        join(folder, 'apache2.conf'),
        configuration(folder, port, bucketUrl, [...LOADED, ...modules], rest),
      );
      return ['-f', join(folder, 'apache2.conf'), '-DFOREGROUND'];
    }),
});

/** Debian's folder of modules. */
const MODULES = '/usr/lib/apache2/modules';
const LOADED = ['mpm_event', 'authz_core', 'alias', 'headers', 'setenvif', 'proxy', 'proxy_http'];

export const apacheProver: Prover = apacheWith([], '');

const configuration = (
  folder: string,
  port: number,
  bucketUrl: string,
  modules: readonly string[],
  directives: string,
): string => `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ServerName localhost
Listen 127.0.0.1:${port}
ErrorLog ${folder}/error.log
LogLevel error
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so\n`).join('')}
User "#65534"
Group "#65534"
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
<VirtualHost 127.0.0.1:${port}>
    Include ${folder}/cors.conf
    AllowEncodedSlashes NoDecode
    ProxyPass / ${bucketUrl}/ nocanon
    ${directives}
</VirtualHost>
`;
