import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A minute long; vitest.soak.config.ts runs it.
    exclude: ['test/soak/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
