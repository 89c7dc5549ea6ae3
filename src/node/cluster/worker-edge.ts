import { isDeepStrictEqual } from 'node:util';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { within } from '../../rules/within.ts';
import { type Front, openFront } from '../frontend.ts';
import { createCounts } from '../metrics/counts.ts';
import { createLog } from '../output/log.ts';
import { exit, logged, standardOutput } from '../output/standard.ts';
import type { Listening } from '../server/listen.ts';
import { startFaultLines } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import { createCertificateReplica } from './certificate-replica.ts';
import { startCountsSender } from './counts-sender.ts';
import { createPendingCalls } from './ipc.ts';
import type { ReplicatedBucket, ToPrimary, ToWorker } from './messages.ts';
import { createRulesReplica, type RulesReplica } from './rules-replica.ts';

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
  const countsSender = startCountsSender(counts, send);
  const certificate = init.certificate === null ? undefined : createCertificateReplica(init.certificate);
  const front = openFront(config, {
    log: createLog(config.logLevel),
    observe: counts.observe,
    countClosed: counts.countClosed,
    edgeId: init.edgeId,
    workers: init.workers,
    spelt: init.spelt,
    certificate: async () => certificate,
  });
  const rulesCalls = createPendingCalls<boolean>(LOAD_TIMEOUT + REPLY_MARGIN_MS);
  const leaveCalls = createPendingCalls<true>(LEAVE_TIMEOUT_MS);
  const replica = createRulesReplica({
    maxStale: config.maxStale,
    request: async (key, version, renew) =>
      (await rulesCalls.call((id) => send({ kind: 'rulesRequest', id, key, version, renew }))) === true,
  });
  const replaceBuckets = bucketsOf(front, replica);
  let listening: Listening | null = null;
  let isLeaving = false;

  async function listen(): Promise<void> {
    try {
      listening = await front.listen();
      await send({ kind: 'listening', url: listening.url });
    } catch (error) {
      await send({ kind: 'fault', lines: startFaultLines(error) ?? [messageOf(error)] });
      await exit(1);
    }
  }

  /** Exits when the clients have left, or after `limit` milliseconds; sends the last counts first. */
  async function drain(limit: number | null): Promise<void> {
    await listening?.close(limit);
    if (isLeaving) return;
    isLeaving = true;
    // This process refuses connections that the primary has handed over since; Node gives them to another one.
    await leaveCalls.call((id) => send({ kind: 'leaving', id }));
    countsSender.stop();
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
          return replaceBuckets(message.buckets);
        case 'rules':
          return replica.apply(message.snapshot);
        case 'renewing':
          return replica.renewing(message.key);
        case 'rulesReply':
          // Also after the timeout of the call.
          if (message.snapshot !== null) replica.apply(message.snapshot);
          return rulesCalls.settle(message.id, message.snapshot !== null);
        case 'certificate':
          return certificate?.renew(message.context);
        case 'leavingReply':
          return leaveCalls.settle(message.id, true);
        case 'collect':
          return void countsSender.send(message.id);
        case 'listen':
          return void listen();
        case 'drain':
          return void drain(message.limit);
      }
    },
    endWithoutPrimary() {
      void drain(config.drain);
      listening?.closeIdle();
    },
  };
}

/** Returns a function that replaces the buckets that `front` serves, with their rules from `replica`. */
function bucketsOf(front: Front, replica: RulesReplica): (buckets: readonly ReplicatedBucket[]) => void {
  let byName = new Map<string, ReplicatedBucket>();
  return (buckets) => {
    const next = buckets.map((bucket) => reuseUnchanged(byName.get(bucket.route.name), bucket));
    front.serve(
      next.map((bucket) => ({
        ...bucket.route,
        rules: {
          current: (background) => replica.current(bucket, background),
          refresh: (background) => background(replica.renew(bucket)),
        },
      })),
    );
    byName = new Map(next.map((bucket) => [bucket.route.name, bucket]));
    replica.retain(new Set(next.map(({ key }) => key)));
  };
}

/** The bucket from before if its configuration is the same: its rules need not be compiled again. */
export const reuseUnchanged = (
  before: ReplicatedBucket | undefined,
  bucket: ReplicatedBucket,
): ReplicatedBucket => (before !== undefined && isDeepStrictEqual(before, bucket) ? before : bucket);
