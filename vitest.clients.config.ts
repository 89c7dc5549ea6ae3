import { defineConfig } from 'vitest/config';

/** The SDKs of four stores through the edge, on Node and on workerd: `npm run test:clients`. */
export default defineConfig({
  test: {
    include: ['test/clients/**/*.test.ts'],
    globalSetup: ['test/clients/_setup.ts'],
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
