// The cost of process.nextTick after full garbage collections without a live tick, with and without the live tick of the
// edge. Delete src/node/server/tick.ts once both rows are equal on the project's Node.
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from './lib/goals.ts';

const TICKS = 300_000;
const COLLECTIONS = 10;
const ROUNDS = 5;
const LIVE = 'with one live tick';

function inChildren(): void {
  console.log(`\nprocess.nextTick, Node ${process.versions.node}: medians of ${ROUNDS} rounds\n`);
  console.log(`| | ns a tick | after ${COLLECTIONS} full collections |`);
  console.log('|---|---|---|');
  for (const which of ['without', LIVE]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', fileURLToPath(import.meta.url), which],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(stderr);
    process.stdout.write(stdout);
  }
}

async function inChild(collect: () => void): Promise<void> {
  const which = process.argv[2] ?? '';
  if (which === LIVE) await import('../src/node/server/tick.ts');
  const before = await measured();
  for (let at = 0; at < COLLECTIONS; at++) {
    await ticks();
    // After the pause no tick is alive.
    await pause(50);
    collect();
  }
  console.log(`| ${which} | ${before} | ${await measured()} |`);
}

async function measured(): Promise<string> {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await ticks());
  return median(rounds).toFixed(0);
}

/** Nanoseconds of one tick in a chain of ticks. */
function ticks(): Promise<number> {
  const began = performance.now();
  return new Promise((resolve) => {
    let left = TICKS;
    const next = (): void => {
      left -= 1;
      if (left > 0) process.nextTick(next);
      else resolve(((performance.now() - began) / TICKS) * 1e6);
    };
    next();
  });
}

const { gc } = globalThis;
if (gc === undefined) inChildren();
else await inChild(gc);
