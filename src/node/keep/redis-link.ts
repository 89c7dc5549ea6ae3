import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { within } from '../../rules/within.ts';
import { startFault } from '../start-fault.ts';

/** A connection to Redis that mends itself. */
export interface RedisLink {
  /** The client to send commands by; null while Redis is away. */
  client(): RedisClient | null;
  /** Ends it, within half a second for what is on its way. */
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  /** The channel to hear, and who hears. */
  readonly channel: string;
  readonly hear: (text: string) => void;
  /** Told once when Redis goes and once when it is back. */
  readonly warn: (message: string) => void;
  /** Called when it is back. */
  readonly back: () => void;
}

// Milliseconds, all of them.
const SOCKET_TIMEOUT = 1_500;
/** From nothing to subscribed; longer than the socket alone may take, so that none is left behind. */
const CONNECT_TIMEOUT = 2_000;
const CLOSE_TIMEOUT = 500;
/** How often a connection is tried, as one that a firewall has dropped makes no sound. */
const BEAT = 2_000;
const BEAT_TIMEOUT = 1_000;
const BACK_OFF_FIRST = 100;
const BACK_OFF_CEILING = 5_000;
/** A connection that lasted less counts as one more failure: warnings come no faster than the ceiling. */
const STEADY = 10_000;

/** Commands without an answer yet; more are refused. */
const QUEUE = 1_000;
const WRITE =
  'write redis://HOST:PORT, or rediss:// for TLS, with USER:PASSWORD@ before HOST and /NUMBER after PORT where needed';

export const messageOf = (error: unknown): string => {
  const { message, code } = Object(error);
  return String(message || code || error);
};

export type RedisAddress = ReturnType<typeof redisAddress>;

/** Throws a start fault that repeats nothing of the URL: any part of a misspelt one may be the password. */
export function redisAddress(url: string) {
  const fault = (reason: string) => startFault([`the URL of Redis ${reason}; ${WRITE}`]);
  const parsed = URL.parse(url);
  if (parsed === null) throw fault('is not a URL');
  const { protocol, hostname, pathname, search, hash } = parsed;
  if (protocol !== 'redis:' && protocol !== 'rediss:')
    throw fault('begins with neither redis:// nor rediss://');
  if (hostname === '') throw fault('names no host');
  if (search !== '' || hash !== '') throw fault('has a query or a fragment');
  if (!/^(?:\/\d{0,5})?$/.test(pathname)) throw fault('has a path that is not the number of a database');
  const port = Number(parsed.port || 6379);
  try {
    return {
      shown: `${protocol}//${hostname}:${port}`,
      tls: protocol === 'rediss:',
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      database: Number(pathname.slice(1)),
      username: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
    };
  } catch {
    throw fault('has a stray % in its user name or password, where it is written %25');
  }
}

/** A connection that is never mended: whoever lost it makes another. RESP 2, which every server and proxy speaks. */
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
  // Without a listener an error would end the process; whoever waits for the connection is told of it besides.
  client.on('error', () => undefined);
  return client;
}

export type RedisClient = ReturnType<typeof newClient>;

/** Resolves with the cause once one of the clients is lost, and when `closing` is aborted. */
async function lost(clients: readonly RedisClient[], closing: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const beat = setInterval(() => {
    for (const client of clients) within(BEAT_TIMEOUT, client.ping()).catch(resolve);
  }, BEAT);
  for (const client of clients) {
    client.on('error', resolve);
    if (!client.isReady) resolve(new Error('the connection was lost'));
  }
  try {
    return await orClosed(promise, closing);
  } finally {
    clearInterval(beat);
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
 * Connects, and again whenever the connection is lost. Resolves after the first attempt, which takes two seconds at
 * most, whatever came of it.
 */
export async function openRedisLink(address: RedisAddress, options: RedisLinkOptions): Promise<RedisLink> {
  const { channel, hear, warn } = options;
  const closer = new AbortController();
  const closing = closer.signal;
  const tried = Promise.withResolvers<void>();
  let current: RedisClient | null = null;
  let away = false;

  function gone(error: unknown): void {
    current = null;
    tried.resolve();
    if (away || closing.aborted) return;
    away = true;
    const told = messageOf(error);
    const cause = address.password === '' ? told : told.replaceAll(address.password, '***');
    warn(`Redis at ${address.shown} is away: ${cause}. Nothing is shared through it until it is back.`);
  }

  function back(client: RedisClient): void {
    current = client;
    tried.resolve();
    if (!away) return;
    away = false;
    warn(`Redis at ${address.shown} is back.`);
    options.back();
  }

  /** Serves until the connection is lost; gives the milliseconds that it lasted. */
  async function connectOnce(): Promise<number> {
    // One that subscribes takes no other commands.
    const [main, subscriber] = [newClient(address), newClient(address)];
    const clients = [main, subscriber];
    const destroy = () => clients.forEach((client) => void client.destroy());
    const steps = [
      main.connect(),
      subscriber.connect().then(() => subscriber.subscribe(channel, (text) => hear(text))),
    ];
    let since = performance.now();
    try {
      await orClosed(within(CONNECT_TIMEOUT, Promise.all(steps)), closing);
      since = performance.now();
      back(main);
      gone(await lost(clients, closing));
    } catch (error) {
      gone(error);
      if (closing.aborted && main.isReady) await within(CLOSE_TIMEOUT, main.close()).catch(() => undefined);
    }
    destroy();
    // A socket that was still connecting is not ended by the first time.
    void Promise.allSettled(steps).then(destroy);
    return performance.now() - since;
  }

  async function stayConnected(): Promise<void> {
    let failed = 0;
    while (!closing.aborted) {
      failed = (await connectOnce()) > STEADY ? 0 : failed + 1;
      const wait = Math.min(BACK_OFF_FIRST * 2 ** failed, BACK_OFF_CEILING);
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
