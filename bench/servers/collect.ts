// Loaded into a measured server by --import, with --expose-gc: at SIGWINCH it collects all garbage, releases the free memory,
// and writes the resident bytes into the file BENCH_COLLECTED.
import { writeFileSync } from 'node:fs';

process.on('SIGWINCH', () => {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
  writeFileSync(process.env.BENCH_COLLECTED ?? '', `${process.memoryUsage.rss()}\n`);
});
