import { defineConfig } from 'vitest/config';

/** Runs for a minute, or `SOAK_SECONDS`; `npx vitest run --config vitest.soak.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 0,
    // Memory is told after a collection of garbage, or it would tell of that alone.
    execArgv: ['--expose-gc'],
  },
});
