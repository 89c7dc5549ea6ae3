import { LRUCache } from 'lru-cache';
import type { Keep } from '../rules/keep.ts';
import { type CopyHead, decodeLastGood, encodeLastGood, headOf } from '../rules/last-good.ts';
import { warnFaultsOnce, warnFirstOfRow } from '../rules/warn-once.ts';
import { within } from '../rules/within.ts';
import type { Kv } from './platform.ts';

/** Milliseconds until a KV namespace that does not answer is done without. */
const KV_TIMEOUT = 2_000;

/** Buckets whose records are remembered; a bucket beyond them is looked up once more. */
const REMEMBERED_MOST = 10_000;

/** Under this in the namespace, so that other keys have room beside. */
const keyFor = (bucket: string): string => `rules/${bucket}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Stores last good rules in a KV namespace, which all locations share. `alive` takes what goes on after the request that
 * brought the rules. Each read of KV is billed, so that records are remembered and looked at only on demand. The
 * warnings are whole sentences that name the key.
 */
export function kvKeep(
  kv: Kv,
  alive: <T>(work: Promise<T>) => Promise<T>,
  warn: (message: string) => void,
): Keep {
  const writes = warnFirstOfRow(warn);
  const faults = warnFaultsOnce(warn);
  const known = new LRUCache<string, CopyHead>({ max: REMEMBERED_MOST });

  function remember(bucket: string, head: CopyHead | null): CopyHead | null {
    if (head === null) known.delete(bucket);
    else known.set(bucket, { version: head.version, confirmedAt: head.confirmedAt });
    return head;
  }

  /** Null where there is none, or where KV can't be read. */
  async function textOf(bucket: string): Promise<string | null> {
    try {
      return await within(KV_TIMEOUT, kv.get(keyFor(bucket)));
    } catch (error) {
      faults.found(bucket, `KV ${keyFor(bucket)} can't be read: ${messageOf(error)}. It is ignored.`);
      return null;
    }
  }

  async function look(bucket: string): Promise<CopyHead | null> {
    const text = await textOf(bucket);
    return remember(bucket, text === null ? null : headOf(bucket, text));
  }

  return {
    async read(bucket) {
      const text = await textOf(bucket);
      if (text === null) return null;
      const record = await decodeLastGood(bucket, text);
      if ('fault' in record) {
        const message = `KV ${keyFor(bucket)} is ${record.fault}. It is ignored until it is written again.`;
        faults.found(bucket, message);
        remember(bucket, null);
        return null;
      }
      faults.gone(bucket);
      remember(bucket, record);
      return record;
    },
    async peek(bucket, fresh) {
      if (faults.has(bucket)) return null;
      return (!fresh && known.get(bucket)) || alive(look(bucket));
    },
    write(bucket, record) {
      const key = keyFor(bucket);
      const put = async (): Promise<void> => {
        try {
          await within(KV_TIMEOUT, kv.put(key, encodeLastGood(bucket, record)));
          writes.worked();
          faults.gone(bucket);
          remember(bucket, record);
        } catch (error) {
          remember(bucket, null);
          writes.failed(
            `KV ${key} can't be written: ${messageOf(error)}. Others find older rules there, or none.`,
          );
        }
      };
      return alive(put());
    },
  };
}
