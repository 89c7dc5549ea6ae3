import { defineConfig } from 'vitest/config';

/** Exports on the real programs and on models of services, sixty rule sets each: `npm run test:exports`. */
export default defineConfig({
  test: {
    include: ['test/export/{models,proofs}/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
