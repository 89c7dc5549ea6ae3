import { startLimit } from '../../rules/within.ts';

/** Messages that may wait until the receiver reads them. */
const MAX_UNSENT = 10_000;

type Send = (message: object, sent: (error: Error | null) => void) => unknown;

/**
 * Returns a function that sends over IPC with a bounded queue. It never throws. Its promise resolves to true when the
 * system has taken the message, and to false when the channel is closed or the queue is full. `onFull` is called when
 * the queue is full: the receiver has stopped reading.
 */
export function createSender<M extends object>(
  send: Send,
  onFull: () => void,
): (message: M) => Promise<boolean> {
  let unsent = 0;
  return (message) => {
    if (unsent >= MAX_UNSENT) {
      onFull();
      return Promise.resolve(false);
    }
    unsent += 1;
    return new Promise((resolve) => {
      send(message, (error) => {
        unsent -= 1;
        resolve(error === null);
      });
    });
  };
}

/** Requests over IPC by their ids, each with a timeout in milliseconds for its reply. */
export function createPendingCalls<R>(timeoutMs: number) {
  const pending = new Map<number, (reply: R | null) => void>();
  let lastId = 0;
  return {
    /** Calls `send` with a new id. Resolves to the reply, or to null after a failed send or the timeout. */
    call(send: (id: number) => Promise<boolean>): Promise<R | null> {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        const stop = startLimit(timeoutMs, () => settle(null));
        const settle = (reply: R | null): void => {
          stop();
          pending.delete(id);
          resolve(reply);
        };
        pending.set(id, settle);
        void send(id).then((sent) => {
          if (!sent) settle(null);
        });
      });
    },
    /** Settles the call of that id; does nothing after its timeout. */
    settle(id: number, reply: R): void {
      pending.get(id)?.(reply);
    },
    /** The other side has exited: resolves all calls to null. */
    giveUp(): void {
      for (const settle of [...pending.values()]) settle(null);
    },
  };
}
