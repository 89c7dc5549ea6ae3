import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { Config } from '../../config/read.ts';
import { createRouter } from '../../edge/route.ts';
import { nameOfRegistered } from '../../open/store.ts';
import type { RulesCache } from '../../rules/cache.ts';
import type { RefusalsTaken } from '../../rules/refusals.ts';
import type { Register } from '../../rules/register.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import type { OpenedBucket } from '../buckets/open.ts';
import type { OpenedStore } from '../buckets/store.ts';
import { certificateOf } from '../frontend.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type Spelt, socketMessage } from '../server/listen-fault.ts';
import { claimSocket } from '../server/unix-socket.ts';
import type { Serve } from '../single-process.ts';
import { startFault } from '../start-fault.ts';
import { forkWorker, type WorkerProcess } from './fork.ts';
import { createPendingCalls } from './ipc.ts';
import type { ToWorker } from './messages.ts';
import { createRegisterServer } from './register-server.ts';
import { createRulesServer } from './rules-server.ts';
import { createSupervisor } from './supervisor.ts';

export interface ByWorkersOptions {
  readonly config: Config;
  readonly spelt: Spelt;
  readonly workers: number;
  readonly cache: RulesCache;
  readonly log: Logger;
  readonly edgeId: string;
  /** The variables with keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where rules that clients write are stored; null: nowhere. */
  readonly register: Register | null;
  /** Gets what worker processes count. */
  readonly metrics: Pick<Metrics, 'add' | 'underway'>;
  readonly onRefusals: (taken: RefusalsTaken) => void;
}

/** Milliseconds that a scrape of the metrics waits for worker processes; the next scrape includes later counts. */
const COLLECT_TIMEOUT_MS = 1_000;

/**
 * Serves clients by worker processes. This process has everything that exists once: the listening socket, the rules
 * cache with its sources, the certificate files and the metrics. Worker processes replicate what they need.
 */
export function serveByWorkers(options: ByWorkersOptions): Serve {
  const { config, spelt, workers, cache, log, edgeId, register, metrics, onRefusals } = options;
  // They inherit the environment of this process.
  const env = options.env === process.env ? null : { ...options.env };
  const registerName = register?.name ?? null;
  const rules = createRulesServer({ cache });
  const collecting = createPendingCalls<true>(COLLECT_TIMEOUT_MS);
  /** Worker processes that have been sent the initial state, and so get every change of it. */
  const initialised = new Set<WorkerProcess>();
  let replicated: Pick<Extract<ToWorker, { kind: 'buckets' }>, 'buckets' | 'store'> = {
    buckets: [],
    store: null,
  };
  let preloaded: readonly RuledBucket[] = [];
  let served: readonly OpenedBucket[] = [];
  let servedStore: OpenedStore | null = null;
  let certificate: SecureContextOptions | null = null;
  let stopFollowing: (() => void) | undefined;

  const replyOfRegister = createRegisterServer(register, (key) => {
    const written = served.filter(({ access }) => access.registerKey === key && access.management === 'keep');
    const ofStore = servedStore?.served.peek(nameOfRegistered(servedStore.ready, key) ?? '');
    for (const { ruled } of ofStore === undefined ? written : [...written, ofStore])
      void cache.refresh(ruled).catch(() => {});
  });

  const supervisor = createSupervisor({
    size: workers,
    fork: forkWorker,
    log,
    async sendState(worker) {
      void worker.send({ kind: 'init', config, spelt, edgeId, workers, certificate, env, registerName });
      void worker.send({ kind: 'buckets', ...replicated });
      initialised.add(worker);
      await rules.join(worker.send, preloaded);
    },
    onMessage(worker, message) {
      switch (message.kind) {
        case 'rulesRequest':
          return void rules.reply(worker.send, message);
        case 'registerRead':
        case 'registerWrite':
          return void replyOfRegister(worker.send, message);
        case 'leaving':
          // The channel is ordered: connections handed over before this message arrive before the reply.
          return void worker.send({ kind: 'leavingReply', id: message.id });
        case 'refusals':
          return onRefusals(message.taken);
        case 'counts':
          if (message.taken !== null) metrics.add(message.taken);
          // The last messages may arrive after the exit.
          if (initialised.has(worker)) metrics.underway.replace(worker, message.underway);
          if (message.id !== null) collecting.settle(message.id, true);
      }
    },
    onExit(worker) {
      initialised.delete(worker);
      metrics.underway.remove(worker);
      rules.leave(worker.send);
    },
  });

  function setCertificate(context: SecureContextOptions): void {
    certificate = context;
    for (const worker of initialised) void worker.send({ kind: 'certificate', context });
  }

  return {
    replace(opened, store) {
      checkRoutes(opened);
      served = opened;
      servedStore = store;
      const buckets = opened.map(({ route, ruled, access }) => ({
        route,
        key: keyOf(ruled),
        behaviour: ruled.behaviour,
        access,
      }));
      replicated = { buckets, store: store && { plan: store.ready.plan, access: store.ready.access } };
      preloaded = opened.filter((bucket) => bucket.config.preload).map(({ ruled }) => ruled);
      rules.serve(
        [...opened.map(({ ruled }) => ruled), ...(store?.ready.all ? [store.ready.all] : [])],
        store,
      );
      for (const worker of initialised) void worker.send({ kind: 'buckets', ...replicated });
    },
    async listen() {
      if (config.socket !== null) await claim(config.socket);
      stopFollowing = await followCertificate(config, log, setCertificate);
      return supervisor.start();
    },
    listening: supervisor.listening,
    answering: supervisor.answering,
    changed: rules.changed,
    async collect() {
      await Promise.all(
        [...initialised].map((worker) => collecting.call((id) => worker.send({ kind: 'collect', id }))),
      );
    },
    roll: supervisor.roll,
    end: supervisor.end,
    close: async () => stopFollowing?.(),
  };
}

/**
 * Calls `onPair` with the certificate and with each new pair; returns how to stop. Only the primary reads the files: a worker
 * process that starts while half of a new pair is written must not fail. Rejects with a start fault.
 */
async function followCertificate(
  config: Config,
  log: Logger,
  onPair: (context: SecureContextOptions) => void,
): Promise<() => void> {
  const certificate = await certificateOf(config, log);
  if (certificate === undefined) return () => {};
  onPair(certificate.context);
  return certificate.follow({ setSecureContext: onPair }).close;
}

/** Removes a stale Unix socket, once for all worker processes. Rejects with a start fault. */
const claim = (path: string): Promise<void> =>
  claimSocket(path).catch((error) => {
    throw startFault([socketMessage(error, path)]);
  });

/** Throws if two buckets claim the same place, before a worker process would. */
function checkRoutes(opened: readonly OpenedBucket[]): void {
  const unused = (): never => {
    throw new Error('the primary serves no requests');
  };
  createRouter(opened.map(({ route }) => ({ ...route, rules: { current: unused, refresh: unused } })));
}
