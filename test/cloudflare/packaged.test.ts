import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Installs the packed package and wrangler into a folder, with the dependencies of this checkout. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'bucket-cors'), { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [, filename] = /"filename": "(.+\.tgz)"/.exec(stdout) ?? [];
  await run('tar', ['-xzf', `${filename}`, '-C', join(modules, 'bucket-cors'), '--strip-components=1'], {
    cwd: folder,
  });
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), 'wrangler', '.bin']) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

/** The commands of docs/cloudflare.md for a project that installs the package. */
async function commands(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/cloudflare.md'), 'utf8');
  const [, block = ''] = /\*\*From the npm package\*\*.*?```\n(.*?)```/s.exec(page) ?? [];
  return block;
}

test('the commands of docs/cloudflare.md bundle the Worker of the installed npm package', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bucket-cors-packaged-'));
  try {
    await install(folder);
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder, CI: '1' };
    const { stdout } = await run('bash', ['-ec', await commands()], { cwd: folder, env });
    expect(stdout).toMatch(/Total Upload: \d+/);
    expect(stdout).toContain('--dry-run: exiting now');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
