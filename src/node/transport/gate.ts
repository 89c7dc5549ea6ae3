import { UNKNOWN } from '../server/client-key.ts';
import { claimsOf, shareOf } from '../server/fair-share.ts';
import { createPaces, type Paced } from './paces.ts';
import { type Client, createQueue, type Waiting } from './queue.ts';

/** One request that wants to go to its bucket. */
export interface Turn extends Waiting, Paced {
  /** Whose request it is; where that is `UNKNOWN`, it is never ended for the sake of others. */
  readonly client: string;
  /** It may go now; `leave` must follow once. */
  go(): void;
  /** Ends a request that went, as its client is too slow while others wait; `leave` follows. */
  end(): void;
}

export interface Gate {
  /** Lets a request go at once, when one before it leaves, or refuses it. */
  enter(turn: Turn): void;
  /** A request that went has ended. */
  leave(turn: Turn): void;
  /**
   * The client of a request that went has gone, while its connection is still being made: the place is free at once.
   * True where that is so, and `settle` must follow instead of `leave`; false where too many connections are being
   * made for clients that have gone, and the request stays in its place.
   */
  abandon(turn: Turn): boolean;
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
  /** The percentage of `connections` that one client may have while others wait; 0: no limit. */
  readonly share?: number;
  /** Bytes per second below which a transfer of a client beyond its share is ended while others wait; 0: none is. */
  readonly leastRate?: number;
  /** Seconds that such a transfer may be behind that rate. */
  readonly grace?: number;
  /** Milliseconds between two looks at such transfers. */
  readonly look?: number;
}

const GRACE = 5;
const LOOK = 1_000;

/**
 * Bounds what one bucket has under way, so that a slow bucket uses up neither connections nor memory that others need.
 * What has to wait goes by turns: the next is a request of the client that has the fewest under way. While requests of
 * others wait, the latest transfers of a client beyond its share are ended. `onEnd` is called with such a client and
 * what it has under way.
 */
export function createGate(
  limits: GateLimits,
  onEnd: (client: string, passing: number) => void = () => {},
): Gate {
  const { connections, leastRate = 0, share: percent = 0, grace = GRACE, look = LOOK } = limits;
  const share = shareOf(connections, leastRate === 0 ? 0 : percent);
  const clients = new Map<string, Client<Turn>>();
  const passing = new Set<Turn>();
  const ending = new Set<Turn>();
  let abandoned = 0;

  function forget(client: Client<Turn>): void {
    if (client.passing === 0 && client.waiting === 0) clients.delete(client.key);
  }
  const queue = createQueue<Turn>(limits.queue, limits.wait, forget);
  const paces = createPaces<Turn>({ leastRate, grace, look }, ofCrowds, endLate);

  function clientOf({ client: key }: Turn): Client<Turn> {
    let client = clients.get(key);
    if (client === undefined) {
      client = { key, passing: 0, waiting: 0, ending: 0, turns: null };
      clients.set(key, client);
    }
    return client;
  }

  const isOver = (client: Client<Turn>): boolean =>
    client.passing - client.ending > share && client.key !== UNKNOWN;

  function ofCrowds(): readonly Turn[] {
    return [...passing].filter((turn) => isOver(clientOf(turn)));
  }

  /** Ends no more than those that wait have a claim to. */
  function endLate(): void {
    let claims = -ending.size;
    for (const client of queue.clients) claims += claimsOf(client, share);
    if (claims <= 0) return;
    for (const turn of paces.late()) {
      const client = clientOf(turn);
      // A transfer that was late and waits for its bucket now is not its client's fault.
      if (!passing.has(turn) || ending.has(turn) || !isOver(client) || !turn.waits()) continue;
      ending.add(turn);
      client.ending += 1;
      onEnd(client.key, client.passing);
      turn.end();
      claims -= 1;
      if (claims === 0) return;
    }
  }

  function pass(turn: Turn, client: Client<Turn>): void {
    passing.add(turn);
    client.passing += 1;
    if (client.passing > share) paces.watch();
    turn.go();
  }

  function leave(turn: Turn): void {
    const client = clientOf(turn);
    passing.delete(turn);
    client.passing -= 1;
    if (ending.delete(turn)) client.ending -= 1;
    forget(client);
    const next = queue.next();
    if (next !== null) pass(next.turn, next.client);
  }

  return {
    enter(turn) {
      const client = clientOf(turn);
      if (passing.size < connections) pass(turn, client);
      else if (queue.add(turn, client)) endLate();
      else {
        forget(client);
        turn.refuse();
      }
    },
    leave,
    abandon(turn) {
      if (abandoned >= connections) return false;
      abandoned += 1;
      leave(turn);
      return true;
    },
    settle() {
      abandoned -= 1;
    },
    cancel(turn) {
      const client = clients.get(turn.client);
      if (client !== undefined) queue.remove(turn, client);
    },
  };
}
