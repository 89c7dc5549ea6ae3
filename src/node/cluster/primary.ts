import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { Config } from '../../config/read.ts';
import { createRouter } from '../../edge/route.ts';
import type { RulesCache } from '../../rules/cache.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import type { OpenedBucket } from '../buckets/open.ts';
import { certificateOf } from '../frontend.ts';
import type { CountsTaken } from '../metrics/counts.ts';
import { type Spelt, socketMessage } from '../server/listen-fault.ts';
import { claimSocket } from '../server/unix-socket.ts';
import type { Serve } from '../single-process.ts';
import { startFault } from '../start-fault.ts';
import { type Forked, forkWorker } from './fork.ts';
import { openQuestions } from './ipc.ts';
import type { BucketTold } from './messages.ts';
import { createDesk } from './rules-server.ts';
import { createCrew } from './supervisor.ts';

export interface ByWorkersOptions {
  readonly config: Config;
  readonly spelt: Spelt;
  readonly workers: number;
  readonly cache: RulesCache;
  readonly log: Logger;
  readonly edgeId: string;
  readonly onCounts: (taken: CountsTaken) => void;
}

/** Milliseconds that a scrape of metrics waits for workers; what comes later is in the next one. */
const COUNT_LIMIT = 1_000;

/**
 * Serves clients by workers. This process keeps all that there is one of: the socket, rules and where they come from,
 * metrics; a worker has what it was told.
 */
export function serveByWorkers(options: ByWorkersOptions): Serve {
  const { config, spelt, workers, cache, log, edgeId, onCounts } = options;
  const desk = createDesk({ cache });
  const counting = openQuestions<true>(COUNT_LIMIT);
  const briefed = new Set<Forked>();
  let told: readonly BucketTold[] = [];
  let preloaded: readonly RuledBucket[] = [];
  let pair: SecureContextOptions | null = null;
  let followed: { close(): void } | undefined;

  const crew = createCrew({
    size: workers,
    fork: forkWorker,
    log,
    async brief(worker) {
      void worker.tell({ kind: 'begin', config, spelt, edgeId, workers, certificate: pair });
      void worker.tell({ kind: 'buckets', buckets: told });
      briefed.add(worker);
      await desk.join(worker.tell, preloaded);
    },
    heard(worker, message) {
      if (message.kind === 'ask') {
        void desk.ask(worker.tell, message);
        return;
      }
      if (message.kind === 'leaving') {
        // What was handed over before this process knew has been sent by now; the worker refuses it.
        void worker.tell({ kind: 'go', id: message.id });
        return;
      }
      if (message.taken !== null) onCounts(message.taken);
      if (message.id !== null) counting.answer(message.id, true);
    },
    gone(worker) {
      briefed.delete(worker);
      desk.leave(worker.tell);
    },
  });

  /** Only here: a worker that starts while half of a new pair is written must not fail. Rejects with a start fault. */
  async function openPair(): Promise<void> {
    const certificate = await certificateOf(config, log);
    if (certificate === undefined) return;
    pair = certificate.context;
    followed = certificate.follow({
      setSecureContext(context) {
        pair = context;
        for (const worker of briefed) void worker.tell({ kind: 'certificate', context });
      },
    });
  }

  return {
    replace(opened) {
      refuseRivals(opened);
      told = opened.map(({ route, ruled }) => ({ route, key: keyOf(ruled), behaviour: ruled.behaviour }));
      preloaded = opened.filter((bucket) => bucket.config.preload).map(({ ruled }) => ruled);
      desk.serve(opened.map(({ ruled }) => ruled));
      for (const worker of briefed) void worker.tell({ kind: 'buckets', buckets: told });
    },
    async listen() {
      if (config.socket !== null) await claimed(config.socket);
      await openPair();
      return crew.start();
    },
    listening: crew.listening,
    answering: crew.answering,
    changed: desk.changed,
    async collect() {
      const asked = [...briefed].map((worker) => counting.ask((id) => worker.tell({ kind: 'count', id })));
      await Promise.all(asked);
    },
    roll: crew.roll,
    end: crew.end,
    close: async () => followed?.close(),
  };
}

/** Makes room for a Unix socket, once for all workers. Rejects with a start fault. */
const claimed = (path: string): Promise<void> =>
  claimSocket(path).catch((error) => {
    throw startFault([socketMessage(error, path)]);
  });

/** Throws as the edge in a worker would, which must not come so far. */
function refuseRivals(opened: readonly OpenedBucket[]): void {
  const never = (): never => {
    throw new Error('rules are not asked for here');
  };
  createRouter(opened.map(({ route }) => ({ ...route, rules: { current: never, refresh: never } })));
}
