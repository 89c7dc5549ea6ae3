import { defineConfig } from 'vitest/config';

/** Rules for a minute, or `SOAK_SECONDS`, then streams for one or two; `npm run soak`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 0,
    // One file at a time: each measures the whole machine.
    fileParallelism: false,
    // Heap sizes are compared after a garbage collection.
    execArgv: ['--expose-gc'],
  },
});
