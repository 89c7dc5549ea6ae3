import { decodeKept, encodeKept, firstOfRow, type Keep, onceEach, within } from '../rules/keep.ts';
import type { Kv } from './platform.ts';

/** Milliseconds until a KV namespace that does not answer is done without. */
const KV_TIMEOUT = 2_000;

/** Under this in the namespace, so that other keys have room beside. */
const keyFor = (bucket: string): string => `rules/${bucket}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Keeps last good rules in a KV namespace, which all locations share. `alive` takes each write: it goes on after the
 * request that brought the rules. The warnings are whole sentences that name the key.
 */
export function kvKeep(
  kv: Kv,
  alive: (work: Promise<boolean>) => Promise<boolean>,
  warn: (message: string) => void,
): Keep {
  const writes = firstOfRow(warn);
  const tell = onceEach(warn);
  return {
    async read(bucket) {
      const key = keyFor(bucket);
      try {
        const text = await within(KV_TIMEOUT, kv.get(key));
        if (text === null) return null;
        const kept = await decodeKept(bucket, text);
        if (!('fault' in kept)) return kept;
        tell(bucket, `KV ${key} is ${kept.fault}. It is ignored until it is written anew.`);
      } catch (error) {
        tell(bucket, `KV ${key} can't be read: ${messageOf(error)}. It is ignored.`);
      }
      return null;
    },
    async write(bucket, lastGood) {
      const key = keyFor(bucket);
      const put = async (): Promise<boolean> => {
        try {
          await within(KV_TIMEOUT, kv.put(key, encodeKept(bucket, lastGood)));
          writes.worked();
          return true;
        } catch (error) {
          writes.failed(
            `KV ${key} can't be written: ${messageOf(error)}. Others find older rules there, or none.`,
          );
          return false;
        }
      };
      return alive(put());
    },
  };
}
