import { defineConfig } from 'vitest/config';
import { PROGRAMS } from './vitest.programs.config.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They have configurations of their own: vitest.soak.config.ts and its neighbours.
    exclude: ['test/soak/**', 'test/cloudflare/**', 'test/rgw/**', ...PROGRAMS],
    // Most of them wait for time-outs and processes, not for a core.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
