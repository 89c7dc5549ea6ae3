import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOnPath, startProgram } from './program.ts';
import type { Prover } from './prover.ts';

/** Without optimization: varnishd compiles VCL as C, which takes most of its start. */
const COMPILER = 'exec cc -O0 -w -pthread -fpic -shared -o %o %s';

/** The operator's part: a backend and the exported file. */
const main = (bucketUrl: string, included: string): string => {
  const { hostname, port } = new URL(bucketUrl);
  return `vcl 4.1;
include "${included}";
backend default { .host = "${hostname}"; .port = "${port}"; }
sub vcl_recv {
    # A 304 that Varnish did not ask for is an error, unless it passes.
    if (req.url ~ "/304$") {
        return (pass);
    }
}
`;
};

export const varnishProver: Prover = {
  program: 'varnishd',
  install: 'apt-get install varnish',
  isInstalled: () => isOnPath('varnishd'),
  start: ([file], bucketUrl) =>
    startProgram('varnishd', async (folder, port) => {
      const [text, exported, work] = ['default.vcl', 'cors.vcl', 'work'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      await mkdir(work);
      await writeFile(exported, file?.text ?? '');
      await writeFile(text, main(bucketUrl, exported));
      // No jail: it requires a separate user with rights on the folder.
      const own = ['-F', '-j', 'none', '-n', work, '-s', 'malloc,16m', '-p', `cc_command=${COMPILER}`];
      return [...own, '-a', `127.0.0.1:${port}`, '-f', text];
    }),
};
