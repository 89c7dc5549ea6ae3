import { defineConfig } from 'vitest/config';

/** Exports on the real programs, sixty rule sets each: `npm run test:exports`. */
export default defineConfig({
  test: {
    include: ['test/export/proofs/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
