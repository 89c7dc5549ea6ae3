// What a tick takes when full collections have found none alive, with and without the one that the edge keeps. Once
// both rows are alike on the Node that the project brings, src/node/server/tick.ts has done its duty and can go.
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from './lib/goals.ts';

const TICKS = 300_000;
const COLLECTIONS = 10;
const ROUNDS = 5;
const KEPT = 'one tick kept';

function inChildren(): void {
  console.log(`\nprocess.nextTick, Node ${process.versions.node}: medians of ${ROUNDS} rounds\n`);
  console.log(`| | ns a tick | after ${COLLECTIONS} full collections |`);
  console.log('|---|---|---|');
  for (const which of ['as Node has it', KEPT]) {
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
  if (which === KEPT) await import('../src/node/server/tick.ts');
  const before = await measured();
  for (let at = 0; at < COLLECTIONS; at++) {
    await ticks();
    // No tick is under way then.
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

/** Nanoseconds that one takes, when each asks for the next. */
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
