import { defineConfig } from 'vitest/config';

/** Real clients before a real Ceph gateway, direct and through the edge: `npm run test:rgw`. */
export default defineConfig({
  test: {
    include: ['test/rgw/**/*.test.ts'],
    globalSetup: ['test/rgw/_setup.ts', 'test/cloudflare/_build.ts'],
    maxWorkers: 3,
    // A test runs several commands, each with its own timeout.
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
