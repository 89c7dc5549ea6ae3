import { randomUUID } from 'node:crypto';
import type { Register } from '../../rules/register.ts';
import { decodeEntry, encodeEntry, HEAD_LENGTH, MAX_ENTRY_BYTES } from '../../rules/register-entry.ts';
import { within } from '../../rules/within.ts';
import { messageOf, type RedisClient, type RedisLink } from './redis-link.ts';

// Without expiry: it is the only copy of these rules.
const KEYS = 'bucket-cors:register:';

// Milliseconds.
const COMMAND_TIMEOUT = 1_000;
const WRITE_TIMEOUT = 3_000;

/**
 * Replaces the entry if its head, with the revision, is still the one that was read. A command whose answer did not come
 * may reach Redis much later; it then finds a newer entry, and changes nothing.
 */
const REPLACE = `
if redis.call('GETRANGE', KEYS[1], 0, ${HEAD_LENGTH - 1}) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/** Stores what clients write in Redis, where all instances find it. `shown`: its address without secrets. */
export function redisRegister(link: RedisLink, shown: string): Register {
  const name = `Redis at ${shown}`;

  async function command<T>(what: string, send: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = link.client();
    if (client === null) throw new Error(`${name} is away`);
    try {
      return await within(COMMAND_TIMEOUT, send(client));
    } catch (error) {
      throw new Error(`${what} in ${name} failed: ${messageOf(error)}`);
    }
  }

  /** A foreign value may be of any length. Empty without a value. */
  const beginning = async (key: string, bytes: number): Promise<string> =>
    (await command(`reading ${key}`, (client) => client.getRange(key, 0, bytes - 1))) ?? '';

  /** Resolves to false if another write came between. */
  async function replace(key: string, text: string): Promise<boolean> {
    const head = await beginning(key, HEAD_LENGTH);
    const options = { keys: [key], arguments: [head, text] };
    return (await command(`writing ${key}`, (client) => client.eval(REPLACE, options))) === 1;
  }

  return {
    name,
    amongMachines: true,
    async read(bucket) {
      const key = `${KEYS}${bucket}`;
      const text = await beginning(key, MAX_ENTRY_BYTES + 1);
      if (text === '') return null;
      const entry = decodeEntry(bucket, text);
      if ('fault' in entry) throw new Error(`the key ${key} in ${name} is ${entry.fault}`);
      return entry;
    },
    async write(bucket, entry) {
      const key = `${KEYS}${bucket}`;
      const text = encodeEntry(bucket, entry, randomUUID());
      const until = performance.now() + WRITE_TIMEOUT;
      // Of two writers at once the last one wins. A write without an answer is not repeated: it may have been the first.
      while (!(await replace(key, text)))
        if (performance.now() > until)
          throw new Error(`writing ${key} in ${name} failed: other writes came between`);
    },
  };
}
