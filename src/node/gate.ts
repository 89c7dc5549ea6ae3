/** One request that wants to go to its bucket. */
export interface Turn {
  /** It may go now; `leave` must follow once. */
  go(): void;
  /** The line is full, or it has waited for too long; nothing follows. */
  refuse(): void;
}

export interface Gate {
  /** Lets a request go at once, when one before it leaves, or refuses it. */
  enter(turn: Turn): void;
  /** A request that went has ended. */
  leave(): void;
  /**
   * The client of a request that went has gone, while its connection is still being made: the place is free at once.
   * True where that is so, and `settle` must follow instead of `leave`; false where too many connections are being
   * made for nobody, and the request keeps its place.
   */
  abandon(): boolean;
  /** The connection of an abandoned request has come to its end. */
  settle(): void;
  /** A request that waits has gone away: neither `go` nor `refuse` follows. */
  cancel(turn: Turn): void;
}

export interface GateLimits {
  /** Requests at once. */
  readonly connections: number;
  /** Requests that wait for one of those to end. */
  readonly queue: number;
  /** Milliseconds that one may wait. */
  readonly wait: number;
}

/**
 * Bounds what one bucket has under way, so that a slow bucket uses up neither connections nor memory that others
 * need. First come, first served.
 */
export function createGate({ connections, queue, wait }: GateLimits): Gate {
  let passing = 0;
  let abandoned = 0;
  const waiting = new Map<Turn, NodeJS.Timeout>();

  function take(turn: Turn): void {
    clearTimeout(waiting.get(turn));
    waiting.delete(turn);
  }

  function leave(): void {
    passing -= 1;
    const [next] = waiting.keys();
    if (next === undefined) return;
    take(next);
    passing += 1;
    next.go();
  }

  return {
    enter(turn) {
      if (passing < connections) {
        passing += 1;
        turn.go();
      } else if (waiting.size < queue) {
        const late = () => {
          waiting.delete(turn);
          turn.refuse();
        };
        waiting.set(turn, setTimeout(late, wait));
      } else {
        turn.refuse();
      }
    },
    leave,
    abandon() {
      if (abandoned >= connections) return false;
      abandoned += 1;
      leave();
      return true;
    },
    settle() {
      abandoned -= 1;
    },
    cancel: take,
  };
}
