import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

export const execute = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const recipe = (path: string): string => join(ROOT, 'examples/deploy', path);

/** The documents of a YAML file. Throws on a syntax error, and on a key that stands twice. */
export async function readYaml(path: string): Promise<readonly unknown[]> {
  const documents = parseAllDocuments(await readFile(recipe(path), 'utf8'), { uniqueKeys: true });
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** Packs the package, with its build, into a folder. Resolves to the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [, filename] = /"filename": "(.+\.tgz)"/.exec(stdout) ?? [];
  return join(folder, `${filename}`);
}
