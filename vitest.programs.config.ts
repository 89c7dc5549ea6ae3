import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Vitest's workers and the programs of the tests share compiled code, which halves the CPU time of a start.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url));

/** Tests that measure the response time of a process, or load the machine: one file at a time. */
const MEASURED = [
  'test/admin/page/page.test.ts',
  'test/cli/{clock,export-watch,help,log-errors,register-disk,shutdown}.test.ts',
  'test/node/cluster/{changes,workers}.test.ts',
  'test/node/store/{flood,workers}.test.ts',
  'test/node/server/limits.test.ts',
  'test/node/one-address/**/*.test.ts',
];

/** Tests that mostly wait for programs. */
const WAITING = [
  'test/admin/page/{access,rules}.test.ts',
  'test/admin/workers.test.ts',
  'test/caches/**/*.test.ts',
  'test/deploy/docker.test.ts',
  'test/doctor/programs.test.ts',
  'test/cli/{admin-token,completion,config,disk,examples,export-program,folder-disk,log-files,log-format,log-pipes,log-recovers,log-secrets,log-sockets,log-terminals,npx,objects,redis,register,register-kill,register-redis,restarts,rules-commands,rules-program,start-refused,state,stop,token,variables}.test.ts',
  'test/e2e/scenarios.test.ts',
  'test/node/browsers/**/*.test.ts',
  'test/node/http1/judged-many.test.ts',
  'test/node/metrics/prometheus.test.ts',
  'test/node/server/{continue-aws,open-files}.test.ts',
  'test/node/transport/{endings-process,endings-workers,intact}.test.ts',
  'test/runtimes/**/*.test.ts',
];

/** What `--transport undici` must do as well: the behaviour of an edge on Node, and all about its connections to buckets. */
const OVER_UNDICI = [
  'test/bucket/read.test.ts',
  'test/node/edge.test.ts',
  'test/node/server/{continue,http2-upload}.test.ts',
  'test/node/transport/**/*.test.ts',
];

/** Long tests of whole edges with real programs: caches, clients, failing outputs, changed clocks, attacks, load. */
export const PROGRAMS = [...MEASURED, ...WAITING];

/** `npm run test:programs`. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'waiting', include: WAITING, maxWorkers: 3, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'undici',
          include: OVER_UNDICI,
          exclude: PROGRAMS,
          env: { TEST_TRANSPORT: 'undici' },
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'measured', include: MEASURED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
