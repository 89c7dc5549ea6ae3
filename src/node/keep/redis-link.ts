import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { within } from '../../rules/within.ts';
import type { RedisAddress } from './redis-address.ts';

/** A connection to Redis that reconnects by itself. */
export interface RedisLink {
  /** The client for commands; null while Redis is unreachable. */
  client(): RedisClient | null;
  /** Closes the connection. Commands without an answer get half a second. */
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  /** The channel to subscribe to. */
  readonly channel: string;
  readonly onMessage: (text: string) => void;
  /** Called once when Redis becomes unreachable, and once when it is back. */
  readonly warn: (message: string) => void;
  /** Called when Redis is back. */
  readonly onBack: () => void;
}

// All in milliseconds.
const SOCKET_TIMEOUT = 1_500;
/** For connecting and subscribing; longer than SOCKET_TIMEOUT, so that no socket is left connecting. */
const CONNECT_TIMEOUT = 2_000;
const CLOSE_TIMEOUT = 500;
/** Between two pings: a connection that a firewall has dropped reports no error. */
const PING_INTERVAL = 2_000;
const PING_TIMEOUT = 1_000;
const BACK_OFF_FIRST = 100;
const BACK_OFF_CEILING = 5_000;
/** A connection that was shorter counts as a failure, so that warnings come no faster than BACK_OFF_CEILING. */
const STEADY = 10_000;

/** Commands that may wait for an answer; further ones are rejected. */
const QUEUE = 1_000;

export const messageOf = (error: unknown): string => {
  const { message, code } = Object(error);
  return String(message || code || error);
};

/** A client that does not reconnect: the link creates another. RESP 2, as every server and proxy supports it. */
function newClient({ host, port, tls, username, password, database }: RedisAddress) {
  const socket = { host, port, connectTimeout: SOCKET_TIMEOUT, reconnectStrategy: false } as const;
  const client = createClient({
    socket: tls ? { ...socket, tls } : socket,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    database,
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandsQueueMaxLength: QUEUE,
  });
  // An error event without a listener would end the process. `connect` rejects with the same error.
  client.on('error', () => undefined);
  return client;
}

export type RedisClient = ReturnType<typeof newClient>;

/** Resolves with the cause when one of the clients is lost. Rejects when `closing` is aborted. */
async function lost(clients: readonly RedisClient[], closing: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const pings = setInterval(() => {
    for (const client of clients) within(PING_TIMEOUT, client.ping()).catch(resolve);
  }, PING_INTERVAL);
  for (const client of clients) {
    client.on('error', resolve);
    if (!client.isReady) resolve(new Error('the connection was lost'));
  }
  try {
    return await orClosed(promise, closing);
  } finally {
    clearInterval(pings);
  }
}

/** Rejects as soon as `closing` is aborted. */
async function orClosed<T>(work: Promise<T>, closing: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Error('closed'));
  closing.addEventListener('abort', stop);
  if (closing.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    closing.removeEventListener('abort', stop);
  }
}

/**
 * Connects, and reconnects whenever the connection is lost. Resolves after the first attempt, successful or not, which
 * takes two seconds at most.
 */
export async function openRedisLink(address: RedisAddress, options: RedisLinkOptions): Promise<RedisLink> {
  const { channel, onMessage, warn, onBack } = options;
  const closer = new AbortController();
  const closing = closer.signal;
  const tried = Promise.withResolvers<void>();
  let current: RedisClient | null = null;
  let away = false;

  function disconnected(error: unknown): void {
    current = null;
    tried.resolve();
    if (away || closing.aborted) return;
    away = true;
    const message = messageOf(error);
    const cause = address.password === '' ? message : message.replaceAll(address.password, '***');
    warn(`Redis at ${address.shown} is away: ${cause}. Nothing is shared through it until it is back.`);
  }

  function connected(client: RedisClient): void {
    current = client;
    tried.resolve();
    if (!away) return;
    away = false;
    warn(`Redis at ${address.shown} is back.`);
    onBack();
  }

  /** Connects, and waits until the connection is lost. Resolves to the milliseconds that it lasted. */
  async function connectOnce(): Promise<number> {
    // With RESP 2 a client that subscribes cannot send other commands.
    const [main, subscriber] = [newClient(address), newClient(address)];
    const clients = [main, subscriber];
    const destroy = () => clients.forEach((client) => void client.destroy());
    const steps = [
      main.connect(),
      subscriber.connect().then(() => subscriber.subscribe(channel, (text) => onMessage(text))),
    ];
    let since = performance.now();
    try {
      await orClosed(within(CONNECT_TIMEOUT, Promise.all(steps)), closing);
      since = performance.now();
      connected(main);
      disconnected(await lost(clients, closing));
    } catch (error) {
      disconnected(error);
      if (closing.aborted && main.isReady) await within(CLOSE_TIMEOUT, main.close()).catch(() => undefined);
    }
    destroy();
    // The first `destroy` does not end a socket that is still connecting.
    void Promise.allSettled(steps).then(destroy);
    return performance.now() - since;
  }

  async function stayConnected(): Promise<void> {
    let failures = 0;
    while (!closing.aborted) {
      failures = (await connectOnce()) > STEADY ? 0 : failures + 1;
      const wait = Math.min(BACK_OFF_FIRST * 2 ** failures, BACK_OFF_CEILING);
      await pause(wait, undefined, { signal: closing }).catch(() => undefined);
    }
  }

  const running = stayConnected();
  await tried.promise;
  return {
    client: () => current,
    async close() {
      closer.abort();
      await running;
    },
  };
}
