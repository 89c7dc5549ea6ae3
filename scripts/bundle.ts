/**
 * Writes the program into `dist/program/`, with few files: a module in a file of its own costs the start of a process
 * 0.4 ms and 20 KB (docs/decisions). What a configuration may not need, behind `import()`, is in files of its own.
 * `node --enable-source-maps` shows places in the sources in a stack trace. The library in `dist/` has a file for each
 * module.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

await build({
  absWorkingDir: root,
  entryPoints: [
    { in: 'src/cli/main.ts', out: 'main' },
    { in: 'src/node/cluster/entry.ts', out: 'cluster/entry' },
    { in: 'src/node/browsers/guard.ts', out: 'browsers/guard' },
  ],
  outdir: 'dist/program',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  chunkNames: 'part-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
});
