import { randomUUID } from 'node:crypto';
import { type Bus, type BusMessage, listeners, readBusMessage } from '../../rules/bus.ts';
import type { Keep } from '../../rules/keep.ts';
import { decodeLastGood, encodeLastGood, headBytes, headOf, MAX_COPY_BYTES } from '../../rules/last-good.ts';
import type { Register } from '../../rules/register.ts';
import { warnFaultsOnce, warnFirstOfRow } from '../../rules/warn-once.ts';
import { within } from '../../rules/within.ts';
import { redisAddress } from './redis-address.ts';
import { messageOf, openRedisLink, type RedisClient, type RedisLink } from './redis-link.ts';
import { redisRegister } from './register-redis.ts';

export interface Redis {
  /** Last good rules that all instances share. While Redis is unreachable reads give null and writes are dropped. */
  readonly keep: Keep;
  /** Publish/subscribe between the instances. While Redis is unreachable messages are dropped. */
  readonly bus: Bus;
  /** The rules that clients write. While Redis is unreachable reads and writes reject. */
  readonly register: Register;
  /** Closes the connections. Commands without an answer get half a second. */
  close(): Promise<void>;
}

// Without expiry: while a bucket is unreachable its rules are not written again, and with --max-stale 0 they stay valid.
// There is exactly one key for each bucket.
const KEYS = 'bucket-cors:rules:';
/** Databases of one server share its channels. */
const channelOf = (database: number): string => `bucket-cors:bus${database === 0 ? '' : `:${database}`}`;
/** Milliseconds. */
const COMMAND_TIMEOUT = 500;
/** Characters; the longest message is shorter. */
const MAX_MESSAGE = 8_192;

type Warn = (message: string) => void;
/** Sends a command. Null while Redis is unreachable, and if the command fails or takes too long. */
type Command = <T>(
  failures: ReturnType<typeof warnFirstOfRow>,
  what: string,
  send: (client: RedisClient) => Promise<T>,
) => Promise<T | null>;

/**
 * Shares last good rules and messages with other instances through Redis or Valkey. Resolves after the first attempt to
 * connect, successful or not; while Redis is unreachable only the sharing is missing. `onBack` is called when it is
 * reachable again: it may have lost its data. The warnings are whole sentences: one when Redis becomes unreachable, one
 * when it is back. Rejects with a start fault for an invalid URL.
 */
export async function openRedis(url: string, warn: Warn, onBack: () => void = () => {}): Promise<Redis> {
  const address = redisAddress(url);
  const channel = channelOf(address.database);
  const id = randomUUID();
  const { subscribe, deliver, clear } = listeners();
  const strangers = warnFirstOfRow(warn);

  function onMessage(text: string): void {
    const message = readMessage(text, id);
    if (message === null)
      strangers.failed(`Redis channel ${channel} carries a message that is not an edge's. It is ignored.`);
    else if (message !== 'own') deliver(message);
  }

  const link = await openRedisLink(address, { channel, onMessage, warn, onBack });
  const command = commandOver(link, address.shown);
  const publishes = warnFirstOfRow(warn);
  let isOpen = true;

  const stop = (): void => {
    isOpen = false;
    clear();
  };

  return {
    keep: redisKeep(command, warn),
    bus: {
      publish(message) {
        const text = JSON.stringify({ from: id, message });
        if (isOpen)
          void command(publishes, `publishing to ${channel}`, (client) => client.publish(channel, text));
      },
      subscribe,
      close: async () => stop(),
    },
    register: redisRegister(link, address.shown),
    async close() {
      stop();
      await link.close();
    },
  };
}

const commandOver =
  (link: RedisLink, shown: string): Command =>
  async (failures, what, send) => {
    const client = link.client();
    if (client === null) return null;
    try {
      const reply = await within(COMMAND_TIMEOUT, send(client));
      failures.worked();
      return reply;
    } catch (error) {
      // The link itself warns of a lost connection.
      if (client.isReady) failures.failed(`${what} in Redis at ${shown} failed: ${messageOf(error)}.`);
      return null;
    }
  };

function redisKeep(command: Command, warn: Warn): Keep {
  const reads = warnFirstOfRow(warn);
  const writes = warnFirstOfRow(warn);
  const faults = warnFaultsOnce(warn);

  return {
    async read(bucket) {
      const key = `${KEYS}${bucket}`;
      // A foreign value may be of any length. GETRANGE of a missing key gives ''.
      const text = await command(reads, `reading ${key}`, (client) =>
        client.getRange(key, 0, MAX_COPY_BYTES),
      );
      if (text === null || text === '') return null;
      const copy = await decodeLastGood(bucket, text);
      if ('fault' in copy) {
        faults.found(bucket, `Redis key ${key} is ${copy.fault}. It is ignored until it is written again.`);
        return null;
      }
      faults.gone(bucket);
      return copy;
    },
    async peek(bucket) {
      if (faults.has(bucket)) return null;
      const key = `${KEYS}${bucket}`;
      const end = headBytes(bucket) - 1;
      const text = await command(reads, `reading ${key}`, (client) => client.getRange(key, 0, end));
      return text === null ? 'unknown' : headOf(bucket, text);
    },
    async write(bucket, lastGood) {
      const key = `${KEYS}${bucket}`;
      const reply = await command(writes, `writing ${key}`, (client) =>
        client.set(key, encodeLastGood(bucket, lastGood)),
      );
      if (reply !== null) faults.gone(bucket);
    },
  };
}

/** The message of another instance; `own` for this instance's message, null for text that is not a message. */
function readMessage(text: string, id: string): BusMessage | 'own' | null {
  if (text.length > MAX_MESSAGE) return null;
  try {
    const { from, message } = JSON.parse(text);
    return from === id ? 'own' : readBusMessage(message);
  } catch {
    return null;
  }
}
