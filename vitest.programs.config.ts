import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Vitest's workers and the programs of the tests share compiled code, which halves the CPU time of a start.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url));

/** Long tests of whole edges with real programs: caches, clients, failing outputs, changed clocks, attacks, load. */
export const PROGRAMS = [
  'test/caches/**/*.test.ts',
  'test/doctor/programs.test.ts',
  'test/cli/{clock,completion,config,disk,examples,export-program,export-watch,help,log-*,objects,redis,register,register-*,rules-commands,rules-program,start-refused,state,stop,token,variables}.test.ts',
  'test/node/browsers/**/*.test.ts',
  'test/node/cluster/{changes,workers}.test.ts',
  'test/node/store/{flood,workers}.test.ts',
  'test/node/server/{continue-aws,limits,open-files}.test.ts',
  'test/node/transport/endings-{process,workers}.test.ts',
  'test/node/one-address/**/*.test.ts',
  'test/runtimes/**/*.test.ts',
];

/** `npm run test:programs`. */
export default defineConfig({
  test: {
    include: PROGRAMS,
    // Each starts several processes, and some measure the response time of a process under load.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
