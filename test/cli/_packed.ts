import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder in which the packed package is installed, with the dependencies of this checkout. */
export interface Installed {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Packs the package and installs it into a new folder. */
export async function installPacked(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'bucket-cors-npx-'));
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'bucket-cors');
  await mkdir(own, { recursive: true });
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [, filename] = /"filename": "(.+\.tgz)"/.exec(stdout) ?? [];
  await execute('tar', ['-xzf', `${filename}`, '-C', own, '--strip-components=1'], { cwd: folder });
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  await symlink('../bucket-cors/bin/bucket-cors.js', join(modules, '.bin', 'bucket-cors'));
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
