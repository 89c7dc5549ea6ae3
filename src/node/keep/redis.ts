import { randomUUID } from 'node:crypto';
import { type Bus, type BusMessage, listeners, readBusMessage } from '../../rules/bus.ts';
import type { Keep } from '../../rules/keep.ts';
import type { LastGood } from '../../rules/last-good.ts';
import {
  type CopyHead,
  decodeLastGood,
  encodeLastGood,
  headBytes,
  headOf,
  MAX_COPY_BYTES,
} from '../../rules/last-good.ts';
import { warnFaultsOnce, warnFirstOfRow } from '../../rules/warn-once.ts';
import { within } from '../../rules/within.ts';
import { messageOf, openRedisLink, type RedisClient, redisAddress } from './redis-link.ts';

export interface Redis {
  /** Last good rules, shared by all instances. While Redis is away reads give null and writes are dropped. */
  readonly keep: Keep;
  /** Reaches the other instances by publish/subscribe. While Redis is away messages are dropped. */
  readonly bus: Bus;
  /** Ends the connections, within half a second for what is on its way. */
  close(): Promise<void>;
}

// Without expiry: while a store can't be read its rules are not written again, and without a limit on staleness they
// are good for ever. There is one key for each bucket, no more.
const KEYS = 'bucket-cors:rules:';
const CHANNEL = 'bucket-cors:bus';
/** Milliseconds that a command may take. */
const COMMAND_TIMEOUT = 500;
/** Characters; the longest message has not so many. */
const MAX_MESSAGE = 8_192;

/**
 * Shares last good rules and messages with other instances through Redis or Valkey. Resolves within seconds whether
 * the server answers or not, and connects by itself once it does: while it is away nothing is missing but the
 * sharing. `back` is called when it is there again: it may have lost what it had. The warnings are whole sentences: one
 * when it goes, one when it is back. Rejects with a start fault for a URL that can't be one of Redis.
 */
export async function openRedis(
  url: string,
  warn: (message: string) => void,
  back: () => void = () => {},
): Promise<Redis> {
  const address = redisAddress(url);
  const id = randomUUID();
  const { subscribe, tell, clear } = listeners();
  const reads = warnFirstOfRow(warn);
  const writes = warnFirstOfRow(warn);
  const publishes = warnFirstOfRow(warn);
  const strangers = warnFirstOfRow(warn);

  function hear(text: string): void {
    const message = received(text, id);
    if (message === null) strangers.failed(`Redis channel ${CHANNEL} carries what is no message, ignored.`);
    else if (message !== 'own') tell(message);
  }

  const faults = warnFaultsOnce(warn);
  const link = await openRedisLink(address, { channel: CHANNEL, hear, warn, back });

  /** Null when Redis is away, goes meanwhile, or refuses. */
  async function ask<T>(
    row: ReturnType<typeof warnFirstOfRow>,
    what: string,
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T | null> {
    const client = link.client();
    if (client === null) return null;
    try {
      const reply = await within(COMMAND_TIMEOUT, command(client));
      row.worked();
      return reply;
    } catch (error) {
      // A connection that was lost is told of by itself.
      if (client.isReady) row.failed(`${what} in Redis at ${address.shown} failed: ${messageOf(error)}.`);
      return null;
    }
  }

  async function read(bucket: string): Promise<LastGood | null> {
    const key = `${KEYS}${bucket}`;
    // No more than what can be used, whatever somebody has put there; '' when there is no such key.
    const text = await ask(reads, `reading ${key}`, (client) => client.getRange(key, 0, MAX_COPY_BYTES));
    if (text === null || text === '') return null;
    const record = await decodeLastGood(bucket, text);
    if ('fault' in record) {
      faults.found(bucket, `Redis key ${key} is ${record.fault}. It is ignored until it is written again.`);
      return null;
    }
    faults.gone(bucket);
    return record;
  }

  async function peek(bucket: string): Promise<CopyHead | null> {
    if (faults.has(bucket)) return null;
    const key = `${KEYS}${bucket}`;
    const end = headBytes(bucket) - 1;
    const text = await ask(reads, `reading ${key}`, (client) => client.getRange(key, 0, end));
    return text === null ? null : headOf(bucket, text);
  }

  async function write(bucket: string, record: LastGood): Promise<void> {
    const key = `${KEYS}${bucket}`;
    const reply = await ask(writes, `writing ${key}`, (client) =>
      client.set(key, encodeLastGood(bucket, record)),
    );
    if (reply !== null) faults.gone(bucket);
  }

  let speaks = true;
  return {
    keep: { read, peek, write },
    bus: {
      publish(message) {
        const text = JSON.stringify({ from: id, message });
        if (speaks)
          void ask(publishes, `publishing to ${CHANNEL}`, (client) => client.publish(CHANNEL, text));
      },
      subscribe,
      async close() {
        speaks = false;
        clear();
      },
    },
    async close() {
      speaks = false;
      clear();
      await link.close();
    },
  };
}

/** The message of another instance; `own` for one that came back, null for what no instance sends. */
function received(text: string, id: string): BusMessage | 'own' | null {
  if (text.length > MAX_MESSAGE) return null;
  try {
    const { from, message } = JSON.parse(text);
    return from === id ? 'own' : readBusMessage(message);
  } catch {
    return null;
  }
}
