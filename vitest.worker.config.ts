import { defineConfig } from 'vitest/config';

/** What runs in workerd: `npm run test:worker`. */
export default defineConfig({
  test: {
    include: ['test/worker/**/*.test.ts'],
    globalSetup: ['test/worker/build.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
