import { createRequire } from 'node:module';
import type { Prover } from './prover.ts';

/** A date of Cloudflare's runtime whose behaviour any workerd of the last year has. */
const COMPATIBILITY = '2025-09-01';

/** Runs an ES module with `fetch` in workerd, Cloudflare's runtime: Cloudflare's own exports, and those for ESA. */
export const workerdProver: Prover = {
  program: 'workerd',
  install: 'npm install --save-dev miniflare',
  isInstalled: async () => {
    try {
      createRequire(import.meta.url).resolve('miniflare');
      return true;
    } catch {
      return false;
    }
  },
  start: async ([file]) => {
    if (file === undefined) throw new Error('workerd needs a file');
    // Not a dependency of this package: loaded only here.
    const miniflare = await import('miniflare');
    const options = {
      cf: false as const,
      modules: [{ type: 'ESModule' as const, path: 'index.js', contents: file.text }],
      compatibilityDate: COMPATIBILITY,
      // Miniflare's own server would compress bodies again.
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    };
    const server = new miniflare.Miniflare(
      'convertV4MiniflareOptions' in miniflare ? miniflare.convertV4MiniflareOptions(options) : options,
    );
    try {
      const { origin } = await server.unsafeGetDirectURL();
      return { url: origin, close: () => server.dispose() };
    } catch (error) {
      await server.dispose();
      throw error;
    }
  },
};
