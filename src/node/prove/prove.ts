import type { Facts } from '../../cors/decide.ts';
import { differenceOf, type Outcome, outcomeOf, wideningOf } from '../../export/outcome.ts';
import { randomOf, requestsFor } from '../../export/requests.ts';
import type { Written } from '../../export/target.ts';
import { ask } from './ask.ts';
import { openProofBucket, PROOF_PATHS, type ProofPath } from './bucket.ts';
import { endPrograms } from './program.ts';
import type { Prover, Unpassable } from './prover.ts';
import { openSender } from './send.ts';

/** A request that a program answers otherwise than the rules ask. */
export interface ProofDifference {
  readonly request: Facts;
  readonly path: string;
  readonly expected: Outcome;
  readonly seen: Outcome | null;
  /** A sentence. */
  readonly what: string;
}

export interface Proof {
  readonly program: string;
  readonly requests: number;
  /** How many of them were answered otherwise. */
  readonly differences: number;
  /** The first of them, at most `SHOWN`. */
  readonly shown: readonly ProofDifference[];
  /** What was not asked, because the program cannot pass it on: a clause each. */
  readonly omitted: readonly string[];
  readonly milliseconds: number;
}

/** Requests of a proof besides the fewest that distinguish all decisions. */
const PROOF_REQUESTS = 5_000;
const SHOWN = 20;
/** Requests at once. */
const PARALLEL = 8;

export interface ProofOptions {
  /** Random requests. */
  readonly count?: number;
  readonly seed?: number;
  /** Ends the proof, and the program first. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the real program of a target with an export, before a bucket that sends CORS headers of its own or none, and
 * compares its answers with the engine's. `write` is called with the bucket's URL. Rejects if the program does not
 * start, and with the signal's reason.
 */
export async function prove(
  prover: Prover,
  write: (bucketUrl: string) => Written,
  { count = PROOF_REQUESTS, seed = 1, signal }: ProofOptions = {},
): Promise<Proof> {
  const began = performance.now();
  const unpassable = (await prover.unpassable?.()) ?? [];
  const bucket = await openProofBucket();
  // A program that does not listen yet is ended too.
  signal?.addEventListener('abort', endPrograms);
  try {
    const written = write(bucket.url);
    const proved = await prover.start(written.files, bucket.url);
    try {
      const { withheld } = prover;
      const found = await compareAll(proved.url, written, { count, seed, signal, unpassable, withheld });
      signal?.throwIfAborted();
      const omitted = unpassable.map(({ answers, why }) => `${answers}: ${why}`);
      const milliseconds = Math.round(performance.now() - began);
      return { program: prover.program, ...found, omitted, milliseconds };
    } finally {
      await proved.close();
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', endPrograms);
    await bucket.close();
  }
}

async function compareAll(
  url: string,
  written: Written,
  {
    count,
    seed,
    signal,
    unpassable,
    withheld,
  }: {
    readonly count: number;
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
    readonly unpassable: readonly Unpassable[];
    readonly withheld: readonly string[] | undefined;
  },
): Promise<Pick<Proof, 'requests' | 'differences' | 'shown'>> {
  const sender = openSender(url, withheld);
  const { enforced, methods } = written;
  const isServed = ({ method }: Facts) => method === 'OPTIONS' || methods?.includes(method) !== false;
  const requests = requestsFor(enforced, count, seed).map((request) =>
    isServed(request) ? request : { ...request, method: 'GET' },
  );
  const random = randomOf(seed + 1);
  const places = PROOF_PATHS.filter((place) => !unpassable.some((one) => one.has(place)));
  const asked = requests.map((request) => ({
    request,
    place: places[Math.floor(random() * places.length)] as ProofPath,
  }));
  const shown: ProofDifference[] = [];
  let differences = 0;
  const compare = async ({ request, place }: Asked) => {
    const expected = outcomeOf(enforced, request, place.vary);
    const { seen, what } = await ask(sender, request, place, (outcome) =>
      compareOne(written, request, place, expected, outcome),
    );
    if (what === null) return;
    differences += 1;
    if (shown.length < SHOWN) shown.push({ request, path: place.path, expected, seen, what });
  };
  // Last, and apart: the bucket closes connections that other requests would take.
  const last = ({ place }: Asked) => place.isDropped;
  try {
    for (const isLast of [false, true])
      await inParallel(
        asked.filter((one) => last(one) === isLast),
        compare,
        signal,
      );
  } finally {
    await sender.close();
  }
  return { requests: asked.length, differences, shown };
}

interface Asked {
  readonly request: Facts;
  readonly place: ProofPath;
}

/** Works on a list from several sides at once, until the signal ends it. */
async function inParallel<T>(
  list: readonly T[],
  work: (one: T) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = list.values();
  const take = async () => {
    for (const one of left) {
      if (signal?.aborted) return;
      await work(one);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, take));
}

function compareOne(
  { enforced, grade, narrowerFrom = Number.POSITIVE_INFINITY }: Written,
  request: Facts,
  { status }: ProofPath,
  expected: Outcome,
  seen: Outcome,
): string | null {
  return request.method !== 'OPTIONS' && status >= narrowerFrom
    ? wideningOf(enforced, request, expected, seen)
    : differenceOf(enforced, request, expected, seen, grade);
}
