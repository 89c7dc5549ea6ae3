import cluster from 'node:cluster';
import type { SecureContextOptions, Server } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { within } from '../../rules/keep.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { openFront } from '../frontend.ts';
import { createCounts } from '../metrics/counts.ts';
import { createLog } from '../output/log.ts';
import { exit, logged, standardOutput } from '../output/standard.ts';
import type { Certificate } from '../server/certificate.ts';
import type { Listening } from '../server/listen.ts';
import { startFaultLines } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import { openLine, openQuestions } from './ipc.ts';
import type { BucketTold, ToPrimary, ToWorker } from './messages.ts';
import { createMirror } from './rules-replica.ts';

/** Milliseconds between telling the primary what was counted; a worker that crashes takes as much with it. */
const COUNT_EVERY = 1_000;
/** Milliseconds for the primary to know that this process takes no connections any more. */
const LEAVE_LIMIT = 2_000;
/** Milliseconds for the primary to take the last counts; one that is stopped takes nothing. */
const LAST_COUNTS_LIMIT = 1_000;

type Begin = Extract<ToWorker, { kind: 'begin' }>;

/** Is a worker from here on: does what the primary says, and ends with it. */
export function runWorker(): void {
  // A primary that takes nothing from its workers is none; another will start others.
  const tell = openLine<ToPrimary>(
    (message, sent) => process.send?.(message, undefined, undefined, sent),
    () => void exit(1),
  );
  let serving: ReturnType<typeof serveFor> | undefined;
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'begin') serving = serveFor(message, tell);
    else serving?.hear(message);
  });
  outlivePrimary(() => {
    if (serving === undefined) void exit(0);
    else serving.end();
  });
  void tell({ kind: 'up' });
}

/** Calls back when the primary is gone, in place of the `process.exit` with which Node would cut transfers off. */
function outlivePrimary(gone: () => void): void {
  const { worker } = cluster;
  if (worker === undefined) return;
  worker.exitedAfterDisconnect = true;
  // An acknowledgement of Node's own that finds the primary gone; the disconnect follows.
  worker.on('error', () => {});
  process.on('disconnect', gone);
}

function serveFor(
  { config, spelt, edgeId, workers, certificate: pair }: Begin,
  tell: (message: ToPrimary) => Promise<boolean>,
) {
  const log = createLog(config.logLevel);
  const counts = createCounts({ linesDropped: standardOutput().dropped });
  const certificate = pair === null ? undefined : openTold(pair);
  const front = openFront(config, {
    log,
    observe: counts.observe,
    countClosed: counts.countClosed,
    edgeId,
    workers,
    spelt,
    certificate: async () => certificate,
  });
  const questions = openQuestions<boolean>(LOAD_TIMEOUT + COUNT_EVERY);
  const leaving = openQuestions<true>(LEAVE_LIMIT);
  const mirror = createMirror({
    maxStale: config.maxStale,
    ask: async (key, version, renew) =>
      (await questions.ask((id) => tell({ kind: 'ask', id, key, version, renew }))) === true,
  });
  let buckets = new Map<string, BucketTold>();
  let listening: Listening | null = null;
  let left = false;

  async function tellCounts(id: number | null): Promise<void> {
    const taken = counts.take();
    const sent = await tell({ kind: 'counts', taken, id });
    if (!sent && taken !== null) counts.add(taken);
  }
  const counting = setInterval(() => void tellCounts(null), COUNT_EVERY).unref();

  function replace(told: readonly BucketTold[]): void {
    const next = told.map((bucket) => sameAs(buckets.get(bucket.route.name), bucket));
    front.serve(
      next.map((bucket) => ({
        ...bucket.route,
        rules: {
          current: (background) => mirror.current(bucket, background),
          refresh: (background) => background(mirror.renew(bucket)),
        },
      })),
    );
    buckets = new Map(next.map((bucket) => [bucket.route.name, bucket]));
    mirror.keep(new Set(next.map(({ key }) => key)));
  }

  async function listen(): Promise<void> {
    try {
      listening = await front.listen();
      await tell({ kind: 'listening', url: listening.url });
    } catch (error) {
      await tell({ kind: 'fault', lines: startFaultLines(error) ?? [messageOf(error)] });
      await exit(1);
    }
  }

  /** Ends this process when its clients have left, or after so many milliseconds; sends what was counted first. */
  async function leave(limit: number | null): Promise<void> {
    await listening?.close(limit);
    if (left) return;
    left = true;
    // A connection that was handed over before the primary knew is refused here, and given to another worker.
    await leaving.ask((id) => tell({ kind: 'leaving', id }));
    clearInterval(counting);
    await front.close();
    // Before the last counts, so that they have the lines that it does not take.
    await logged();
    await within(LAST_COUNTS_LIMIT, tellCounts(null)).catch(() => {});
    await exit(0);
  }

  function hear(message: Exclude<ToWorker, Begin>): void {
    switch (message.kind) {
      case 'buckets':
        replace(message.buckets);
        break;
      case 'rules':
        mirror.take(message.told);
        break;
      case 'renewing':
        mirror.renewing(message.key);
        break;
      case 'answer':
        if (message.told !== null) mirror.take(message.told);
        questions.answer(message.id, message.told !== null);
        break;
      case 'certificate':
        certificate?.renew(message.context);
        break;
      case 'go':
        leaving.answer(message.id, true);
        break;
      case 'count':
        void tellCounts(message.id);
        break;
      case 'listen':
        void listen();
        break;
      case 'end':
        void leave(message.limit);
    }
  }

  return { hear, end: () => void leave(config.drain) };
}

/** A bucket that has not changed stays the same object, so that its rules need not be compiled again. */
export const sameAs = (before: BucketTold | undefined, bucket: BucketTold): BucketTold =>
  before !== undefined && isDeepStrictEqual(before, bucket) ? before : bucket;

/** A certificate as the primary tells it, which reads and follows the files. */
function openTold(first: SecureContextOptions): Certificate & { renew(context: SecureContextOptions): void } {
  let context = first;
  let server: Pick<Server, 'setSecureContext'> | null = null;
  return {
    get context() {
      return context;
    },
    renew(renewed) {
      context = renewed;
      server?.setSecureContext(renewed);
    },
    follow(following) {
      server = following;
      // What was told while it was opened.
      server.setSecureContext(context);
      return {
        close: () => {
          server = null;
        },
      };
    },
  };
}
