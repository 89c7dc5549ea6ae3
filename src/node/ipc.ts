import { type Bus, type BusMessage, listeners, readBusMessage } from '../rules/bus.ts';

/** The primary's end of a channel to a worker: a `ChildProcess` with IPC, or a `Worker` of node:cluster. */
export interface WorkerChannel {
  send(message: object, sent: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

export interface PrimaryBus extends Bus {
  /** Takes in a worker, right after its fork; one that disconnects is forgotten. */
  add(worker: WorkerChannel): void;
}

/** A worker that takes no more is not waited for: what comes beyond this many unsent messages is lost to it. */
const UNSENT = 1_000;
/** Tells these messages from all others on the same channel. */
const MARK = 'bucket-cors';

const wrapped = (message: BusMessage) => ({ [MARK]: message });

function unwrapped(value: unknown): BusMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  return readBusMessage((value as Readonly<Record<string, unknown>>)[MARK]);
}

type Send = (message: object, sent: (error: Error | null) => void) => unknown;

/** Sends without throwing and without a queue that grows: a channel that is gone takes nothing more. */
function sender(send: Send): (message: BusMessage) => void {
  let unsent = 0;
  return (message) => {
    if (unsent >= UNSENT) return;
    unsent += 1;
    send(wrapped(message), () => {
      unsent -= 1;
    });
  };
}

/** The primary's member of the bus. It passes on what one worker says to all the others. */
export function primaryBus(): PrimaryBus {
  const { subscribe, tell, clear } = listeners();
  const workers = new Map<WorkerChannel, { send(message: BusMessage): void; leave(): void }>();
  let closed = false;

  function add(worker: WorkerChannel): void {
    if (closed || workers.has(worker)) return;
    const hear = (value: unknown): void => {
      const message = unwrapped(value);
      if (message === null) return;
      for (const [other, { send }] of workers) if (other !== worker) send(message);
      tell(message);
    };
    const leave = (): void => {
      workers.delete(worker);
      worker.off('message', hear);
      worker.off('disconnect', leave);
    };
    worker.on('message', hear);
    worker.on('disconnect', leave);
    workers.set(worker, { send: sender((message, sent) => worker.send(message, sent)), leave });
  }

  return {
    add,
    publish(message) {
      for (const { send } of workers.values()) send(message);
    },
    subscribe,
    async close() {
      closed = true;
      for (const { leave } of workers.values()) leave();
      clear();
    },
  };
}

/** A worker's member of the bus. Throws in a process that was not forked, as that has no channel. */
export function workerBus(): Bus {
  if (process.send === undefined) {
    throw new Error(
      'this process has no IPC channel: start it with fork of node:child_process or node:cluster',
    );
  }
  const { subscribe, tell, clear } = listeners();
  const send = sender((message, sent) => process.send?.(message, undefined, undefined, sent));
  let closed = false;
  const hear = (value: unknown): void => {
    const message = unwrapped(value);
    if (message !== null) tell(message);
  };
  process.on('message', hear);
  return {
    publish(message) {
      if (!closed) send(message);
    },
    subscribe,
    async close() {
      closed = true;
      process.off('message', hear);
      clear();
    },
  };
}
