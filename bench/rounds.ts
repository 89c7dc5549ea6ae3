import { setTimeout as pause } from 'node:timers/promises';
import { type Contestant, KINDS, type Kind } from './contestants.ts';
import { type Cores, cpuSeconds } from './machine.ts';
import { wrk } from './wrk.ts';

/** Whole seconds of one run of wrk that counts, and of the one before it that does not: what a server did last decides
 * what its compiler is ready for, and after a broken-off 100 MB it takes a second or two to be so again. */
const SECONDS = 2;
const WARMING_SECONDS = 1;
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

/**
 * Measures all of them in turn, round by round, so that a machine that grows slower meanwhile does so for all; every
 * second round goes backwards. One round more, the first, warms them up and is thrown away.
 */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
  load: Cores,
  warm: () => void,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round <= rounds; round++) {
    console.error(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const kind of KINDS) {
      const taking = contestants.filter(({ kinds }) => kinds.includes(kind));
      for (const one of round % 2 === 0 ? taking : taking.reverse()) {
        const sample = await sampleOf(one, kind, round === 0 ? WARMING_SECONDS : SECONDS, load);
        const key = `${one.id} ${kind}`;
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
    if (round === 0) warm();
  }
  return (id, kind) => samples.get(`${id} ${kind}`) ?? [];
}

async function sampleOf(
  { title, server, load }: Contestant,
  kind: Kind,
  given: number,
  cores: Cores,
): Promise<Sample> {
  for (let run = 0; run <= REPEATS; run++) {
    await pause(REST);
    await wrk(load(kind), WARMING_SECONDS, cores);
    await pause(REST);
    const before = cpuSeconds(server.pid);
    const { requests, bytes, seconds, failed } = await wrk(load(kind), given, cores);
    const done = kind === '100m' ? bytes : requests;
    const spent = (cpuSeconds(server.pid) - before) * 1e6;
    // A run without an answer counts as a failure in the table, whatever the next one brings.
    if (done > 0)
      return {
        perSecond: done / seconds,
        cpu: (spent / done) * (kind === '100m' ? 1e6 : 1),
        failed: failed + run,
      };
    console.error(`${title}, ${kind}: not one answer in ${given} s (${failed} failed), measured again`);
  }
  throw new Error(`${title} does not answer ${kind}`);
}
