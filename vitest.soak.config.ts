import { defineConfig } from 'vitest/config';

/** Load for some five minutes, or as much less as `SOAK_SECONDS` is less than 60; `npm run soak`. */
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
