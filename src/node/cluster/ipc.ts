/** How many messages may wait for the other side to take them. */
const UNSENT_MOST = 10_000;

type Send = (message: object, sent: (error: Error | null) => void) => unknown;

/**
 * One end's way of sending over IPC: never throws, and its queue has a bound. What is sent resolves when the system
 * has taken it: true, or false when the other side is gone. `full` is told that it takes nothing more.
 */
export function openLine<M extends object>(send: Send, full: () => void): (message: M) => Promise<boolean> {
  let unsent = 0;
  return (message) => {
    if (unsent >= UNSENT_MOST) {
      full();
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

/** Questions by number, each with a limit to the wait for its answer. */
export function openQuestions<A>(limit: number) {
  const waiting = new Map<number, (answer: A | null) => void>();
  let last = 0;
  return {
    /** Asks by `put`, which sends the number along; null when no answer comes in time. */
    ask(put: (id: number) => Promise<boolean>): Promise<A | null> {
      last += 1;
      const id = last;
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(null), limit);
        const settle = (answer: A | null): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        waiting.set(id, settle);
        void put(id).then((sent) => {
          if (!sent) settle(null);
        });
      });
    },
    answer(id: number, answer: A): void {
      waiting.get(id)?.(answer);
    },
  };
}
