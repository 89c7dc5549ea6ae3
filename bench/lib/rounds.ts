import { setTimeout as pause } from 'node:timers/promises';
import { type Contestant, KINDS, type Kind } from './contestants.ts';
import { type Cores, cpuSeconds } from './machine.ts';
import { wrk } from './wrk.ts';

/**
 * Whole seconds of a measured run of wrk. Short, so that a round of all servers is short: a shared machine may run at
 * half its speed for half a minute.
 */
const SECONDS = 1;
/**
 * Whole seconds of the warm-up run before it. A server that was idle, or did something else, needs so long to reach its
 * usual speed.
 */
const WARM_UP_SECONDS = 3;
/** Repetitions of a run without an answer: a shared machine stalls sometimes. */
const REPEATS = 3;
/** Milliseconds between two runs, in which a server finishes the work of the first. */
const REST = 100;

/** One contestant's figures in one round. */
export interface Sample {
  /** Requests a second; for `100m` bytes a second. */
  readonly perSecond: number;
  /** CPU microseconds of the server for each request; for `100m` for each megabyte. */
  readonly cpu: number;
  readonly failed: number;
}

/** The samples of a contestant for a kind of request, one for each round; empty if it does not take part. */
export type Samples = (id: string, kind: Kind) => readonly Sample[];

/** The number of rounds: BENCH_ROUNDS, or `usual`. Throws if BENCH_ROUNDS is not a positive integer. */
export function roundsOr(usual: number): number {
  const given = process.env.BENCH_ROUNDS ?? '';
  if (given === '') return usual;
  const rounds = Number(given);
  if (Number.isSafeInteger(rounds) && rounds > 0) return rounds;
  throw new Error(`BENCH_ROUNDS "${given}" is not a positive whole number; write a number such as 3`);
}

/** When a server is warmed up: before each slice, or once for each kind if the others' turns are short. */
export type Warming = 'each' | 'once';

/**
 * Measures all contestants in turn, round by round for each kind of request, so that a slower machine affects all of
 * them. With warming `each`, every second round is in reverse order.
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
    if (warming === 'once') for (const { load } of taking) await wrk(load(kind), WARM_UP_SECONDS, cores);
    for (let round = 1; round <= rounds && taking.length > 0; round++) {
      console.error(`${kind}: round ${round} of ${rounds}`);
      // With `once` the order stays, because a server with two turns in a row would be warmer.
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
    if (warming === 'each') await wrk(load(kind), WARM_UP_SECONDS, cores);
    await pause(REST);
    const before = cpuSeconds(server.pid);
    const { requests, bytes, seconds, failed } = await wrk(load(kind), SECONDS, cores);
    const done = kind === '100m' ? bytes : requests;
    const spent = (cpuSeconds(server.pid) - before) * 1e6;
    // A run without an answer counts as a failure in the table, even if the next run succeeds.
    if (done > 0)
      return {
        perSecond: done / seconds,
        cpu: (spent / done) * (kind === '100m' ? 1e6 : 1),
        failed: failed + run,
      };
    console.error(`${title}, ${kind}: no answer in ${SECONDS} s (${failed} failed); measuring again`);
  }
  throw new Error(`${title} does not answer ${kind}`);
}
