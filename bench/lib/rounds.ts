import { setTimeout as pause } from 'node:timers/promises';
import { type Contestant, KINDS, type Kind } from './contestants.ts';
import { type Cores, cpuSeconds } from './machine.ts';
import { wrk } from './wrk.ts';

/**
 * Whole seconds of one run of wrk that counts. Short, so that a round of all is short: a shared machine may run at half
 * its speed for half a minute.
 */
const SECONDS = 1;
/**
 * And of the one before it, that does not: a server that has rested for the others' turns, or did something else last,
 * has been seen to take so long until it is at its usual speed.
 */
const WARMING_SECONDS = 3;
/** How often a run that brought nothing is repeated: a shared machine stands still now and then. */
const REPEATS = 3;
/** Milliseconds between two runs, for a server to be done with what the last one left it. */
const REST = 100;

/** One contestant's figures in one round. */
export interface Sample {
  /** Requests a second; of `100m` bytes a second. */
  readonly perSecond: number;
  /** CPU microseconds of the server for one request; of `100m` for one megabyte. */
  readonly cpu: number;
  readonly failed: number;
}

/** The samples of a contestant at a kind of request, one for each round; none where it does not take part. */
export type Samples = (id: string, kind: Kind) => readonly Sample[];

/** How many rounds: BENCH_ROUNDS, or as many as fit the part that asks. */
export function roundsOr(usual: number): number {
  const given = process.env.BENCH_ROUNDS ?? '';
  if (given === '') return usual;
  const rounds = Number(given);
  if (Number.isSafeInteger(rounds) && rounds > 0) return rounds;
  throw new Error(`BENCH_ROUNDS is "${given}": write a whole number such as 3`);
}

/** When servers are warmed: before each slice, or once for a kind where the others' turns are too short to rest. */
export type Warming = 'each' | 'once';

/**
 * Measures all of them in turn, one kind of request after the other, round by round, so that a machine that grows
 * slower meanwhile does so for all; every second round goes backwards where each is warmed.
 */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
  cores: Cores,
  warming: Warming = 'each',
): Promise<Samples> {
  const samples = new Map<string, Sample[]>();
  for (const kind of KINDS) {
    const taking = contestants.filter(({ kinds }) => kinds.includes(kind));
    if (warming === 'once') for (const { load } of taking) await wrk(load(kind), WARMING_SECONDS, cores);
    for (let round = 1; round <= rounds && taking.length > 0; round++) {
      console.error(`${kind}: round ${round} of ${rounds}`);
      // Whoever comes twice in a row, at a turn, is the warmer for it.
      for (const one of warming === 'each' && round % 2 === 0 ? taking.toReversed() : taking) {
        const key = `${one.id} ${kind}`;
        samples.set(key, [...(samples.get(key) ?? []), await sampleOf(one, kind, cores, warming)]);
      }
    }
  }
  return (id, kind) => samples.get(`${id} ${kind}`) ?? [];
}

async function sampleOf(
  { title, server, load }: Contestant,
  kind: Kind,
  cores: Cores,
  warming: Warming,
): Promise<Sample> {
  for (let run = 0; run <= REPEATS; run++) {
    await pause(REST);
    if (warming === 'each') await wrk(load(kind), WARMING_SECONDS, cores);
    await pause(REST);
    const before = cpuSeconds(server.pid);
    const { requests, bytes, seconds, failed } = await wrk(load(kind), SECONDS, cores);
    const done = kind === '100m' ? bytes : requests;
    const spent = (cpuSeconds(server.pid) - before) * 1e6;
    // A run without an answer counts as a failure in the table, whatever the next one brings.
    if (done > 0)
      return {
        perSecond: done / seconds,
        cpu: (spent / done) * (kind === '100m' ? 1e6 : 1),
        failed: failed + run,
      };
    console.error(`${title}, ${kind}: not one answer in ${SECONDS} s (${failed} failed), measured again`);
  }
  throw new Error(`${title} does not answer ${kind}`);
}
