import { defineConfig } from 'vitest/config';
import { PROGRAMS } from './vitest.programs.config.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These have their own configurations: vitest.soak.config.ts and its neighbours.
    exclude: ['test/soak/**', 'test/cloudflare/**', 'test/rgw/**', ...PROGRAMS],
    // More workers than cores: most tests wait for timeouts and processes.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
