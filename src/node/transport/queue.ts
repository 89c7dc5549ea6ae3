import { leastServed, mostWaiting, type Standing } from '../server/fair-share.ts';

/** A request that can wait. */
export interface Waiting {
  /** There is no room for it, or it has waited for too long. */
  refuse(): void;
}

/** One client and its requests to one bucket. */
export interface Client<T> extends Standing {
  readonly key: string;
  passing: number;
  waiting: number;
  /** Requests under way that the gate has ended and that have not left yet. */
  ending: number;
  /** Waiting requests, the oldest first, each with the timer that ends its wait. */
  turns: Map<T, NodeJS.Timeout> | null;
}

export interface Queue<T> {
  /** Lets a request wait. False if there is no room for it. */
  add(turn: T): boolean;
  /** Takes out the request that goes next; null if no request waits. */
  next(): T | null;
  /** Takes out a request whose client has gone. */
  remove(turn: T): void;
  /** The clients with waiting requests; the client that was served last is the last. */
  readonly clients: ReadonlySet<Client<T>>;
}

/**
 * The requests that wait for one bucket, at most `most` of them, each for at most `wait` milliseconds. Clients take
 * turns. In a full queue the client with the most waiting requests makes room. `left` is called with the client of a
 * request that was removed or refused.
 */
export function createQueue<T extends Waiting & { readonly client: Client<T> }>(
  most: number,
  wait: number,
  left: (client: Client<T>) => void,
): Queue<T> {
  const clients = new Set<Client<T>>();
  let size = 0;

  function take(turn: T): boolean {
    const { client } = turn;
    const timer = client.turns?.get(turn);
    if (timer === undefined) return false;
    clearTimeout(timer);
    client.turns?.delete(turn);
    client.waiting -= 1;
    size -= 1;
    if (client.waiting === 0) clients.delete(client);
    return true;
  }

  function refuse(turn: T): void {
    if (!take(turn)) return;
    left(turn.client);
    turn.refuse();
  }

  /** After a stall of the process, responses that have arrived meanwhile make room first. */
  function refuseNextTurn(turn: T): void {
    turn.client.turns?.set(turn, setTimeout(refuse, 0, turn));
  }

  function makeRoom(client: Client<T>): boolean {
    const other = mostWaiting(clients, client);
    const newest = [...(other?.turns?.keys() ?? [])].at(-1);
    if (newest === undefined) return false;
    refuse(newest);
    return true;
  }

  return {
    add(turn) {
      const { client } = turn;
      if (size >= most && !makeRoom(client)) return false;
      client.turns ??= new Map();
      client.turns.set(turn, setTimeout(refuseNextTurn, wait, turn));
      client.waiting += 1;
      size += 1;
      clients.add(client);
      return true;
    },
    next() {
      const client = leastServed(clients);
      const [turn] = client?.turns?.keys() ?? [];
      if (client === null || turn === undefined) return null;
      take(turn);
      // Of clients with equally many requests under way, the others go first now.
      if (clients.delete(client)) clients.add(client);
      return turn;
    },
    remove(turn) {
      if (take(turn)) left(turn.client);
    },
    clients,
  };
}
