import { defineConfig } from 'vitest/config';

/** Rules for a minute, or `SOAK_SECONDS`, then streams for one or two; `npm run soak`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 0,
    // One after the other: each measures, and wants the machine for itself.
    fileParallelism: false,
    // Memory is told after a collection of garbage, or it would tell of that alone.
    execArgv: ['--expose-gc'],
  },
});
