import { LRUCache } from 'lru-cache';
import type { Register } from '../rules/register.ts';
import { decodeEntry, encodeEntry, type StoredEntry } from '../rules/register-entry.ts';
import { within } from '../rules/within.ts';
import type { Kv } from './platform.ts';

/** Milliseconds that a KV operation may take. */
const KV_TIMEOUT = 2_000;

/** Milliseconds after a write in which KV may still give the entry before it, in this location too. */
const BEHIND = 60_000;
const REMEMBERED = 1_000;

/** With a prefix, so that the namespace may be shared with other data. */
const keyFor = (bucket: string): string => `register/${bucket}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isLater = (found: StoredEntry | null, own: StoredEntry): boolean =>
  found !== null && found.writtenAt > own.writtenAt;

/**
 * Stores what clients write in a KV namespace. Other isolates and locations read the entry before it for up to a minute;
 * the isolate that wrote has its entry at once. Of two writes within that minute in different locations, the one that
 * reaches KV last wins. `alive` is `waitUntil`: a write ends although its client leaves.
 */
export function kvRegister(kv: Kv, alive: <T>(work: Promise<T>) => Promise<T>, now: () => number): Register {
  const name = 'the KV namespace RULES_KV';
  const written = new LRUCache<string, { readonly entry: StoredEntry; readonly at: number }>({
    max: REMEMBERED,
  });

  return {
    name,
    async read(bucket) {
      const key = keyFor(bucket);
      const text = await within(KV_TIMEOUT, kv.get(key)).catch((error) => {
        throw new Error(`the key ${key} in ${name} can't be read: ${messageOf(error)}`);
      });
      const found = text === null ? null : decodeEntry(bucket, text);
      if (found !== null && 'fault' in found) throw new Error(`the key ${key} in ${name} is ${found.fault}`);
      const own = written.get(bucket);
      const isBehind = own !== undefined && now() - own.at < BEHIND && !isLater(found, own.entry);
      return isBehind ? own.entry : found;
    },
    async write(bucket, entry) {
      const key = keyFor(bucket);
      const revision = crypto.randomUUID();
      const text = encodeEntry(bucket, entry, revision);
      await alive(within(KV_TIMEOUT, kv.put(key, text))).catch((error) => {
        throw new Error(`the key ${key} in ${name} can't be written: ${messageOf(error)}`);
      });
      written.set(bucket, { entry: { ...entry, revision }, at: now() });
    },
  };
}
