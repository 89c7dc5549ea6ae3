import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A minute long each; vitest.soak.config.ts and vitest.worker.config.ts run them.
    exclude: ['test/soak/**', 'test/worker/**'],
    // Most of them wait for time-outs and processes, not for a core.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
