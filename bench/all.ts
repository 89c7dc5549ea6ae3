// Runs all benchmarks one after another, then prints the time that each of them took.
import { spawnSync } from 'node:child_process';
import { met } from './lib/goals.ts';

const PROGRAMS = [
  'engine',
  'analysis',
  'signing',
  'tick',
  'sidecar',
  'refresh',
  'proxy',
  'exports',
  'workerd',
];
/** Seconds. */
const LIMIT = 600;

const taken: number[] = [];
for (const program of PROGRAMS) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, [`${import.meta.dirname}/${program}.ts`], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  taken.push((performance.now() - began) / 1000);
}
const total = taken.reduce((sum, seconds) => sum + seconds, 0);
const each = PROGRAMS.map((program, at) => `${program} ${taken[at]?.toFixed(0)}`).join(', ');
console.log(`\nseconds of the run: ${total.toFixed(0)}, at most ${LIMIT}: ${met(total <= LIMIT)} (${each})`);
