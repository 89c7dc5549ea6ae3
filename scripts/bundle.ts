/**
 * Writes the program into `dist/program/`, with few files: a module in a file of its own costs the start of a process
 * 0.4 ms and 20 KB (docs/decisions/0018-own-transport.md). What a configuration may not need, behind `import()`, is in
 * files of its own.
 * `node --enable-source-maps` shows places in the sources in a stack trace. The library in `dist/` has a file for each
 * module.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };

const { dependencies, devDependencies } = manifest;

/** Packages of ES modules that every edge loads, in 60 files: 3 MB and 80 ms of CPU time. */
const INCLUDED = ['fast-xml-parser', 'hono', 'lru-cache'];

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is loaded from its own package: CommonJS, which an ES module cannot contain, and what few processes load. */
const SEPARATE = Object.keys({ ...dependencies, ...devDependencies }).filter(
  (name) => !INCLUDED.includes(name),
);

rmSync(`${root}dist/program`, { recursive: true, force: true });
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
  external: SEPARATE,
  chunkNames: 'part-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  // V8 retains the text of a module: 0.4 to 0.9 MB. Short lines, since Node shows the line of an uncaught error.
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
});
