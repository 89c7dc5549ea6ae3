import { defineConfig } from 'vitest/config';

/** The tests in workerd: `npm run test:worker`. */
export default defineConfig({
  test: {
    include: ['test/cloudflare/**/*.test.ts'],
    globalSetup: ['test/cloudflare/_build.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
