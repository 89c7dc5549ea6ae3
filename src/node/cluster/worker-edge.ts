import type { Observe } from '../../edge/observe.ts';
import { observeRefusals } from '../../edge/refusals.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { createRefusals } from '../../rules/refusals.ts';
import { within } from '../../rules/within.ts';
import { accessMeans } from '../buckets/access-means.ts';
import { type Front, openFront } from '../frontend.ts';
import { type Counts, createCounts } from '../metrics/counts.ts';
import { createUnderway, type UnderwayCounts } from '../metrics/underway.ts';
import { createLog } from '../output/log.ts';
import { exit, logged, standardOutput } from '../output/standard.ts';
import type { Listening } from '../server/listen.ts';
import { startFaultLines } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import { type CertificateReplica, createCertificateReplica } from './certificate-replica.ts';
import { startCountsSender } from './counts-sender.ts';
import { createPendingCalls } from './ipc.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import { startRefusalsSender } from './refusals-sender.ts';
import { createRegisterProxy } from './register-proxy.ts';
import { replicateBuckets } from './replicated-buckets.ts';
import { createRulesReplica } from './rules-replica.ts';

/** Milliseconds for the primary's reply to a rules request, beyond its own limit on a load. */
const REPLY_MARGIN_MS = 1_000;
/** Milliseconds for the primary's reply that it hands over no more connections. */
const LEAVE_TIMEOUT_MS = 2_000;
/** Milliseconds for the primary to take the last counts; a stopped primary takes nothing. */
const LAST_COUNTS_TIMEOUT_MS = 1_000;

export type Init = Extract<ToWorker, { kind: 'init' }>;
type Send = (message: ToPrimary) => Promise<boolean>;

/** The edge of a worker process: serves clients by the state that the primary sends. */
export interface WorkerEdge {
  receive(message: Exclude<ToWorker, Init>): void;
  /** The primary has exited: closes idle connections, lets requests finish within `--drain`, and exits. */
  endWithoutPrimary(): void;
}

export function openWorkerEdge(init: Init, send: Send): WorkerEdge {
  const { config } = init;
  const counts = createCounts({ linesDropped: standardOutput().dropped });
  const underway = createUnderway();
  const countsSender = startCountsSender(counts, underway, send);
  const refusals = createRefusals();
  const endRefusals = startRefusalsSender(refusals, send);
  const certificate = init.certificate === null ? undefined : createCertificateReplica(init.certificate);
  const observe = [counts.observe, observeRefusals(refusals)];
  const front = frontOf(init, observe, counts, underway, certificate);
  const rulesCalls = createPendingCalls<boolean>(LOAD_TIMEOUT + REPLY_MARGIN_MS);
  const leaveCalls = createPendingCalls<true>(LEAVE_TIMEOUT_MS);
  const replica = createRulesReplica({
    maxStale: config.maxStale,
    request: async (key, version, renew) =>
      (await rulesCalls.call((id) => send({ kind: 'rulesRequest', id, key, version, renew }))) === true,
  });
  const registered = init.registerName === null ? null : createRegisterProxy(init.registerName, send);
  const means = accessMeans(init.env ?? process.env, registered?.register ?? null);
  const replicated = replicateBuckets(front, replica, means);
  let listening: Listening | null = null;
  let isLeaving = false;

  /** Exits when the clients have left, or after `limit` milliseconds; sends the last counts first. */
  async function drain(limit: number | null): Promise<void> {
    await listening?.close(limit);
    if (isLeaving) return;
    isLeaving = true;
    // This process refuses connections that the primary has handed over since; Node gives them to another one.
    await leaveCalls.call((id) => send({ kind: 'leaving', id }));
    countsSender.stop();
    endRefusals();
    await front.close();
    // Write the log before the last counts: they include the lines that standard output does not take.
    await logged();
    await within(LAST_COUNTS_TIMEOUT_MS, countsSender.send(null)).catch(() => {});
    await exit(0);
  }

  return {
    receive(message) {
      switch (message.kind) {
        case 'buckets':
          return replicated.replace(message.buckets, message.store);
        case 'rules':
          return replicated.apply(message.snapshot);
        case 'renewing':
          return replicated.renewing(message.key);
        case 'rulesReply':
          // Also after the timeout of the call.
          if (message.snapshot !== null) replica.apply(message.snapshot);
          return rulesCalls.settle(message.id, message.snapshot !== null);
        case 'registerReply':
          return registered?.settle(message.id, message.outcome);
        case 'certificate':
          return certificate?.renew(message.context);
        case 'leavingReply':
          return leaveCalls.settle(message.id, true);
        case 'collect':
          return void countsSender.send(message.id);
        case 'listen':
          return void listen(front, send).then((opened) => {
            listening = opened;
          });
        case 'drain':
          return void drain(message.limit);
      }
    },
    endWithoutPrimary() {
      registered?.giveUp();
      rulesCalls.giveUp();
      void drain(config.drain);
      listening?.closeIdle();
    },
  };
}

function frontOf(
  init: Init,
  observe: readonly Observe[],
  counts: Counts,
  underway: UnderwayCounts,
  certificate: CertificateReplica | undefined,
): Front {
  const { config, edgeId, workers, spelt } = init;
  return openFront(config, {
    log: createLog(config.logLevel, undefined, config.logFormat ?? 'json'),
    observe,
    underway: underway.of,
    countClosed: counts.countClosed,
    edgeId,
    workers,
    spelt,
    certificate: async () => certificate,
  });
}

/** Listens and sends the address to the primary; if it cannot listen, sends the fault and exits with 1. */
async function listen(front: Front, send: Send): Promise<Listening> {
  try {
    const listening = await front.listen();
    void send({ kind: 'listening', url: listening.url });
    return listening;
  } catch (error) {
    await send({ kind: 'fault', lines: startFaultLines(error) ?? [messageOf(error)] });
    return exit(1);
  }
}
