import { LRUCache } from 'lru-cache';
import type { Keep } from '../rules/keep.ts';
import { type CopyHead, decodeLastGood, encodeLastGood, headOf } from '../rules/last-good.ts';
import { warnFaultsOnce, warnFirstOfRow } from '../rules/warn-once.ts';
import { within } from '../rules/within.ts';
import type { Kv } from './platform.ts';

/** Milliseconds that a KV operation may take. */
const KV_TIMEOUT = 2_000;

/** Buckets whose copies' heads are cached; the head of any other bucket is read from KV. */
const CACHED_HEADS = 10_000;

/** With a prefix, so that the namespace may be shared with other data. */
const keyFor = (bucket: string): string => `rules/${bucket}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Stores last good rules in a KV namespace, which all locations share. `alive` is `waitUntil` for work that outlives the
 * request that loaded the rules. Each read of KV is billed, so the heads of copies are cached. The warnings are whole
 * sentences that name the key.
 */
export function kvKeep(
  kv: Kv,
  alive: <T>(work: Promise<T>) => Promise<T>,
  warn: (message: string) => void,
): Keep {
  const reads = warnFirstOfRow(warn);
  const writes = warnFirstOfRow(warn);
  const faults = warnFaultsOnce(warn);
  const heads = new LRUCache<string, CopyHead>({ max: CACHED_HEADS });

  function remember(bucket: string, head: CopyHead | null): CopyHead | null {
    if (head === null) heads.delete(bucket);
    else heads.set(bucket, { version: head.version, confirmedAt: head.confirmedAt });
    return head;
  }

  /** Null without a copy. */
  async function textOf(bucket: string): Promise<string | null | 'unknown'> {
    try {
      const text = await within(KV_TIMEOUT, kv.get(keyFor(bucket)));
      reads.worked();
      return text;
    } catch (error) {
      reads.failed(`KV ${keyFor(bucket)} can't be read: ${messageOf(error)}. It is ignored.`);
      return 'unknown';
    }
  }

  async function readHead(bucket: string): Promise<CopyHead | null | 'unknown'> {
    const text = await textOf(bucket);
    if (text === 'unknown') return text;
    return remember(bucket, text === null ? null : headOf(bucket, text));
  }

  return {
    async read(bucket) {
      const text = await textOf(bucket);
      if (text === null || text === 'unknown') return null;
      const copy = await decodeLastGood(bucket, text);
      if ('fault' in copy) {
        const message = `KV ${keyFor(bucket)} is ${copy.fault}. It is ignored until it is written again.`;
        faults.found(bucket, message);
        remember(bucket, null);
        return null;
      }
      faults.gone(bucket);
      remember(bucket, copy);
      return copy;
    },
    async peek(bucket, fresh) {
      if (faults.has(bucket)) return null;
      return (!fresh && heads.get(bucket)) || alive(readHead(bucket));
    },
    write(bucket, lastGood) {
      const key = keyFor(bucket);
      const put = async (): Promise<void> => {
        try {
          await within(KV_TIMEOUT, kv.put(key, encodeLastGood(bucket, lastGood)));
          writes.worked();
          faults.gone(bucket);
          remember(bucket, lastGood);
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
