import { UNKNOWN } from '../server/client-key.ts';
import { claimsOf, shareOf } from '../server/fair-share.ts';
import { createPaces, type Paced } from './paces.ts';
import { type Client, createQueue, type Waiting } from './queue.ts';

/** One request that asks for a connection to its bucket. */
export interface Turn extends Waiting, Paced {
  /** The key of the client that sent it. The gate never ends a transfer of the client `UNKNOWN`. */
  readonly client: string;
  /** The request may go to the bucket now. Called at most once. */
  go(): void;
  /** Ends a transfer under way: its client is too slow while other requests wait. `release` follows. */
  end(): void;
}

/**
 * The place of one request at its bucket. Its states: new → waiting → granted → released, from waiting to released by
 * a refusal, and from granted to abandoned to released when the client leaves early.
 */
export interface Permit {
  /** Calls `go` at once or when a place is free, or `refuse`. Call it once. */
  request(): void;
  /**
   * The client has gone while the connection to the bucket is being made, which cannot be cancelled: frees the place at
   * once. Does nothing while as many such attempts are under way as the bucket may have connections. Call `release` at
   * the end of the attempt.
   */
  abandon(): void;
  /** Leaves the queue, or frees the place; neither `go` nor `refuse` follows. Does nothing the second time. */
  release(): void;
}

export interface Gate {
  permit(turn: Turn): Permit;
}

export interface GateLimits {
  /** Requests under way at once. */
  readonly connections: number;
  /** Requests that wait for a place. */
  readonly queue: number;
  /** Milliseconds that one may wait. */
  readonly wait: number;
  /** The percentage of `connections` that one client may use while others wait; 0: no limit. */
  readonly share?: number;
  /** Bytes per second below which a transfer of a client beyond its share is ended while others wait; 0: never. */
  readonly leastRate?: number;
  /** Seconds that such a transfer may be behind that rate. */
  readonly grace?: number;
  /** Milliseconds between two checks of such transfers. */
  readonly interval?: number;
}

const GRACE = 5;
const INTERVAL = 1_000;

/** What a place does at its gate. */
interface Inner {
  readonly clientOf: (key: string) => Client<Place>;
  /** Takes a place, waits for one, or refuses the request. */
  readonly enter: (place: Place) => void;
  /** Counts a connection that is still being made for no one. False if too many such attempts are under way. */
  readonly abandon: () => boolean;
  /** The attempt has ended. */
  readonly settle: () => void;
  readonly leave: (place: Place) => void;
  readonly remove: (place: Place) => void;
}

type State = 'new' | 'waiting' | 'granted' | 'abandoned' | 'released';

/**
 * A permit, as its request and as the gate see it. A class: one for each request, without a closure for each function
 * (docs/decisions/0018-own-transport.md).
 */
class Place implements Permit, Waiting {
  readonly turn: Turn;
  /** Set by `request`. */
  declare client: Client<Place>;
  /** The gate has ended it, and it has not been released yet. */
  isEnding = false;
  /** Among the places of requests under way; -1 if it is not one of them. */
  at = -1;
  #state: State = 'new';
  readonly #gate: Inner;

  constructor(turn: Turn, gate: Inner) {
    this.turn = turn;
    this.#gate = gate;
  }

  request(): void {
    this.client = this.#gate.clientOf(this.turn.client);
    this.#state = 'waiting';
    this.#gate.enter(this);
  }

  go(): void {
    this.#state = 'granted';
    this.turn.go();
  }

  refuse(): void {
    this.#state = 'released';
    this.turn.refuse();
  }

  abandon(): void {
    if (this.#state !== 'granted' || !this.#gate.abandon()) return;
    this.#state = 'abandoned';
    this.#gate.leave(this);
  }

  release(): void {
    const before = this.#state;
    this.#state = 'released';
    if (before === 'granted') this.#gate.leave(this);
    else if (before === 'waiting') this.#gate.remove(this);
    else if (before === 'abandoned') this.#gate.settle();
  }
}

/**
 * Limits what one bucket has under way, so that a slow bucket takes neither connections nor memory from other buckets.
 * Waiting requests go by turns: the next is a request of the client with the fewest under way. While requests of other
 * clients wait, the gate ends the latest transfers of a client beyond its share, and calls `onEnd` with that client and
 * its number of requests under way.
 */
export function createGate(
  limits: GateLimits,
  onEnd: (client: string, passing: number) => void = () => {},
): Gate {
  const { connections, leastRate = 0, share: percent = 0, grace = GRACE, interval = INTERVAL } = limits;
  const share = shareOf(connections, leastRate === 0 ? 0 : percent);
  const clients = new Map<string, Client<Place>>();
  // A list: each time a Map makes room, its old table refers to the new one. Once a dead table is old, V8 would promote every
  // later request with it (docs/decisions/0018-own-transport.md).
  const passing: Place[] = [];
  let ending = 0;
  let abandoned = 0;

  function forget(client: Client<Place>): void {
    if (client.passing === 0 && client.waiting === 0) clients.delete(client.key);
  }
  const queue = createQueue<Place>(limits.queue, limits.wait, forget);
  const paces = createPaces<Place>({ leastRate, grace, interval }, beyondShare, endLate);

  function clientOf(key: string): Client<Place> {
    let client = clients.get(key);
    if (client === undefined) {
      client = { key, passing: 0, waiting: 0, ending: 0, turns: null };
      clients.set(key, client);
    }
    return client;
  }

  const isOver = (client: Client<Place>): boolean =>
    client.passing - client.ending > share && client.key !== UNKNOWN;

  function beyondShare(): readonly Place[] {
    return passing.filter(({ client }) => isOver(client));
  }

  /** Ends no more transfers than the waiting requests have a claim to. */
  function endLate(): void {
    let claims = -ending;
    for (const client of queue.clients) claims += claimsOf(client, share);
    if (claims <= 0) return;
    for (const place of paces.late()) {
      // A transfer that was late and waits for its bucket now is not its client's fault.
      if (place.at === -1 || place.isEnding || !isOver(place.client) || !place.turn.waits()) continue;
      end(place);
      claims -= 1;
      if (claims === 0) return;
    }
  }

  function end(place: Place): void {
    const { turn, client } = place;
    place.isEnding = true;
    client.ending += 1;
    ending += 1;
    onEnd(client.key, client.passing);
    turn.end();
  }

  function enter(place: Place): void {
    if (passing.length < connections) pass(place);
    else if (queue.add(place)) endLate();
    else {
      forget(place.client);
      place.refuse();
    }
  }

  function pass(place: Place): void {
    const { client } = place;
    place.at = passing.length;
    passing.push(place);
    client.passing += 1;
    if (client.passing > share) paces.watch();
    place.go();
  }

  function leave(place: Place): void {
    const { client, isEnding } = place;
    const last = passing.pop();
    if (last !== undefined && last !== place) {
      passing[place.at] = last;
      last.at = place.at;
    }
    place.at = -1;
    client.passing -= 1;
    if (isEnding) {
      client.ending -= 1;
      ending -= 1;
    }
    forget(client);
    const next = queue.next();
    if (next !== null) pass(next);
  }

  const inner: Inner = {
    clientOf,
    enter,
    abandon: () => {
      if (abandoned >= connections) return false;
      abandoned += 1;
      return true;
    },
    settle: () => {
      abandoned -= 1;
    },
    leave,
    remove: queue.remove,
  };
  return { permit: (turn) => new Place(turn, inner) };
}
