import { defineConfig } from 'vitest/config';
import { PROGRAMS } from './vitest.programs.config.ts';

/** Files that leave no state in their process: they share one, which halves their CPU time. */
const SHARED = [
  'test/{admin,bucket,config,cors,document,edge,rules}/**/*.test.ts',
  'test/node/{buckets,directory,files,http1,keep,metrics,objects,output,transport}/**/*.test.ts',
  'test/{node/edge,imports}.test.ts',
];
/** These have their own configurations: vitest.soak.config.ts and its neighbours. */
const ELSEWHERE = [
  'test/soak/**',
  'test/cloudflare/**',
  'test/rgw/**',
  'test/clients/**',
  'test/export/{models,proofs}/**',
  ...PROGRAMS,
];

export default defineConfig({
  test: {
    // More workers than cores: most tests wait for timeouts and processes.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, exclude: ELSEWHERE, isolate: false } },
      {
        extends: true,
        test: { name: 'isolated', include: ['test/**/*.test.ts'], exclude: [...ELSEWHERE, ...SHARED] },
      },
    ],
  },
});
