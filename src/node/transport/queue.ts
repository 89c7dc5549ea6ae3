import { leastServed, mostWaiting, type Standing } from '../server/fair-share.ts';

/** A request that can wait for its turn. */
export interface Waiting {
  /** There is no room, or it has waited for too long; nothing follows. */
  refuse(): void;
}

/** One client, with what it has of a bucket. */
export interface Client<T> extends Standing {
  readonly key: string;
  passing: number;
  waiting: number;
  /** Requests under way that were ended for the sake of others and have not left yet. */
  ending: number;
  /** What waits, with the timer that ends its waiting; first come, first served. */
  turns: Map<T, NodeJS.Timeout> | null;
}

export interface Queue<T> {
  /** Lets a request wait. False where there is no room for it. */
  add(turn: T, client: Client<T>): boolean;
  /** Takes the request that goes next; null where none waits. */
  next(): { readonly turn: T; readonly client: Client<T> } | null;
  /** Takes out a request that has gone away, if it waits. */
  remove(turn: T, client: Client<T>): void;
  /** The clients that have requests waiting; the one that was served last is the last. */
  readonly clients: ReadonlySet<Client<T>>;
}

/**
 * The requests that wait for one bucket, at most `most` of them, each for at most `wait` milliseconds. They go by turns,
 * client by client, and in a full queue the client with the most waiting makes room. `left` is called with the client
 * of a request that has been taken out or refused.
 */
export function createQueue<T extends Waiting>(
  most: number,
  wait: number,
  left: (client: Client<T>) => void,
): Queue<T> {
  const clients = new Set<Client<T>>();
  let size = 0;

  function take(turn: T, client: Client<T>): boolean {
    const timer = client.turns?.get(turn);
    if (timer === undefined) return false;
    clearTimeout(timer);
    client.turns?.delete(turn);
    client.waiting -= 1;
    size -= 1;
    if (client.waiting === 0) clients.delete(client);
    return true;
  }

  function refuse(turn: T, client: Client<T>): void {
    if (!take(turn, client)) return;
    left(client);
    turn.refuse();
  }

  function makeRoom(client: Client<T>): boolean {
    const other = mostWaiting(clients, client);
    const newest = [...(other?.turns?.keys() ?? [])].at(-1);
    if (other === null || newest === undefined) return false;
    refuse(newest, other);
    return true;
  }

  return {
    add(turn, client) {
      if (size >= most && !makeRoom(client)) return false;
      client.turns ??= new Map();
      client.turns.set(turn, setTimeout(refuse, wait, turn, client));
      client.waiting += 1;
      size += 1;
      clients.add(client);
      return true;
    },
    next() {
      const client = leastServed(clients);
      const [turn] = client?.turns?.keys() ?? [];
      if (client === null || turn === undefined) return null;
      take(turn, client);
      // Of equals another one is served before it is again.
      if (clients.delete(client)) clients.add(client);
      return { turn, client };
    },
    remove(turn, client) {
      if (take(turn, client)) left(client);
    },
    clients,
  };
}
