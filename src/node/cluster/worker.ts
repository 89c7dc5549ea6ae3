import cluster from 'node:cluster';
import { exit } from '../output/standard.ts';
import { createSender } from './ipc.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import { openWorkerEdge, type WorkerEdge } from './worker-edge.ts';

/** Runs this process as a worker process: it follows the primary's messages, and ends after the primary's exit. */
export function runWorker(): void {
  // If the primary no longer reads our messages, exit.
  const send = createSender<ToPrimary>(
    (message, sent) => process.send?.(message, undefined, undefined, sent),
    () => void exit(1),
  );
  let edge: WorkerEdge | undefined;
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'init') edge = openWorkerEdge(message, send);
    else edge?.receive(message);
  });
  onPrimaryExit(() => {
    if (edge === undefined) void exit(0);
    else edge.endWithoutPrimary();
  });
  void send({ kind: 'started' });
}

/** Calls `gone` when the primary has exited. By default Node calls `process.exit` then, which would cut transfers off. */
function onPrimaryExit(gone: () => void): void {
  const { worker } = cluster;
  if (worker === undefined) return;
  worker.exitedAfterDisconnect = true;
  // Node may fail to send its own acknowledgement to a primary that has exited; `disconnect` follows.
  worker.on('error', () => {});
  process.on('disconnect', gone);
}
