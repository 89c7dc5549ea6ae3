import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

/** Milliseconds. */
const LIMIT = 60_000;

/**
 * Bundles a Worker like `npm run worker:build`, and returns the path of the script. `entry` is a path in the project;
 * null means the entry of wrangler.toml.
 */
export async function bundle(entry: string | null, folder: string): Promise<string> {
  const args = [WRANGLER, 'deploy', ...(entry === null ? [] : [entry])];
  await promisify(execFile)(process.execPath, [...args, '--dry-run', '--minify', '--outdir', folder], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder, CI: '1' },
    timeout: LIMIT,
  });
  const script = readdirSync(folder).find((name) => name.endsWith('.js'));
  if (script === undefined) throw new Error(`wrangler bundled nothing into ${folder}`);
  return join(folder, script);
}
