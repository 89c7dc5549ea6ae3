import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

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

const environment = (folder: string) => ({
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_LOG_PATH: folder,
  CI: '1',
});

describe('the installed npm package', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-cors-packaged-'));
    await install(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is bundled as a Worker by the commands of docs/cloudflare.md', async () => {
    const env = environment(folder);
    const { stdout } = await run('bash', ['-ec', await commands()], { cwd: folder, env });
    expect(stdout).toMatch(/Total Upload: \d+/);
    expect(stdout).toContain('--dry-run: exiting now');
  }, 120_000);

  test('is bundled as a Worker by the recipe examples/deploy/cloudflare', async () => {
    const recipe = join(folder, 'node_modules/bucket-cors/examples/deploy/cloudflare');
    for (const name of ['package.json', 'wrangler.toml'])
      await copyFile(join(recipe, name), join(folder, name));
    const { stdout } = await run('npm', ['run', 'check'], { cwd: folder, env: environment(folder) });
    expect(stdout).toMatch(/env\.BUCKET_URL/);
    expect(stdout).toContain('--dry-run: exiting now');
  }, 120_000);

  test('has the versions that the recipe names', async () => {
    const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const text = await readFile(join(ROOT, 'examples/deploy/cloudflare/package.json'), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(text);
    expect(dependencies).toEqual({ 'bucket-cors': own.version });
    expect(devDependencies).toEqual({ wrangler: own.devDependencies.wrangler });
  });
});
