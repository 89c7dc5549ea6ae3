import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

export interface InWorkerd {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Runs a Worker in workerd, bundled as `wrangler deploy` would, with the package's sources in place of its build; an R2
 * bucket is bound as `BUCKET`.
 */
export async function openInWorkerd(entry: string, bindings: Record<string, string>): Promise<InWorkerd> {
  const workerd = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(entry),
      compatibilityDate: '2026-09-01',
      r2Buckets: ['BUCKET'],
      bindings,
      // Not through Miniflare's own proxy, which compresses bodies again.
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    }),
  );
  const { origin } = await workerd.unsafeGetDirectURL();
  return { url: origin, close: () => workerd.dispose() };
}

async function bundle(entry: string): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'bucket-cors-worker-'));
  const args = ['deploy', path(entry), '--dry-run', '--config', path('examples/r2/wrangler.toml')];
  const out = ['--outdir', outdir, '--alias', `bucket-cors:${path('src/index.ts')}`];
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: outdir, CI: '1' };
  try {
    await run(process.execPath, [path('node_modules/wrangler/bin/wrangler.js'), ...args, ...out], { env });
    return await readFile(join(outdir, basename(entry).replace(/ts$/, 'js')), 'utf8');
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
