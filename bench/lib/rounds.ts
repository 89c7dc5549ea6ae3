import { setTimeout as pause } from 'node:timers/promises';
import { type Contestant, KINDS, type Kind } from './contestants.ts';
import type { Cores } from './machine.ts';
import { watchCpu } from './processes.ts';
import { type Load, wrk } from './wrk.ts';

/** Milliseconds of a slice. Short, because a shared machine may run at half its speed for half a minute. */
const SLICE = 500;
/**
 * The requests of a kind before its first slice, and the most milliseconds for them. V8 compiles the last functions of a
 * proxy after so many.
 */
const WARM_UP = { requests: 100_000, time: 8_000 };
/** A single round only shows that the benchmark runs. */
const SHORT_WARM_UP = { requests: 10_000, time: 1_000 };
/** Repetitions of a slice without an answer: a shared machine stalls sometimes. */
const REPEATS = 3;
/** Milliseconds after a slice, in which a server finishes its work. */
const REST = 50;

/** One contestant's figures in one slice. */
export interface Sample {
  /** CPU microseconds of the server for each request; for `100m` for each megabyte. */
  readonly cpu: number;
  /** Requests a second; for `100m` bytes a second. */
  readonly perSecond: number;
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

/**
 * Measures all contestants in turn, one slice of each in a round, round by round for each kind of request, so that a
 * slower machine affects all of them.
 */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
  cores: Cores,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>();
  for (const kind of KINDS) {
    const taking = contestants.filter(({ kinds }) => kinds.includes(kind));
    if (taking.length > 0) console.error(`${kind}: ${rounds} rounds of ${taking.length} servers`);
    const warmth = rounds === 1 ? SHORT_WARM_UP : WARM_UP;
    for (const { load } of taking) await warmUp(load(kind), warmth, cores);
    for (let round = 1; round <= rounds; round++)
      for (const one of taking) {
        const key = `${one.id} ${kind}`;
        samples.set(key, [...(samples.get(key) ?? []), await sampleOf(one, kind, cores)]);
      }
  }
  return (id, kind) => samples.get(`${id} ${kind}`) ?? [];
}

async function warmUp(load: Load, { requests, time }: typeof WARM_UP, cores: Cores): Promise<void> {
  let sent = 0;
  for (let spent = 0; spent < time && sent < requests; spent += SLICE)
    sent += (await wrk(load, SLICE, cores)).requests;
}

async function sampleOf({ title, server, load }: Contestant, kind: Kind, cores: Cores): Promise<Sample> {
  for (let run = 0; run <= REPEATS; run++) {
    const spent = watchCpu(server.pid);
    const { requests, bytes, seconds, failed } = await wrk(load(kind), SLICE, cores);
    await pause(REST);
    const done = kind === '100m' ? bytes : requests;
    // A slice without an answer counts as a failure in the table, even if the next one succeeds.
    if (done > 0)
      return {
        cpu: (spent() / done) * (kind === '100m' ? 1e6 : 1),
        perSecond: done / seconds,
        failed: failed + run,
      };
    console.error(`${title}, ${kind}: no answer in ${SLICE} ms (${failed} failed); measuring again`);
  }
  throw new Error(`${title} does not answer ${kind}`);
}
