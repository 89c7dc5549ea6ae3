import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { Dialect } from '../../cors/behaviour.ts';
import type { CompositeDigests } from './composite.ts';
import { refusal } from './refusal.ts';

/**
 * MD5 digests of the objects' contents, in upper-case hexadecimal, computed once per content. That of an object which was
 * uploaded in parts is the digest of its parts' digests, with their number: `…-3`.
 */
export interface Digests {
  /** Returns the digest of an open file; reads it to its end unless the digest is cached. */
  of(path: string, handle: FileHandle, stat: BigIntStats): Promise<string>;
  /** Caches the digest of a file that was just written and will be renamed to `path`. */
  note(path: string, stat: BigIntStats, digest: string): void;
  /** The same for an object that was uploaded in parts. */
  noteComposite(path: string, stat: BigIntStats, digest: string): Promise<void>;
  /** Removes what is stored of a path that another object, or none, will have. */
  forget(path: string): Promise<void>;
}

const MAX_CACHED = 10_000;
const CHUNK_BYTES = 256 * 1024;
// Two changes within one tick of the file system's clock have the same time, so the digest of a file that has just
// changed is not cached. The coarsest clock in use ticks every two seconds (FAT).
const SETTLED_MS = 2000;

async function digestOf(handle: FileHandle): Promise<string> {
  const hash = createHash('md5');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex').toUpperCase();
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Creates an empty cache of digests, bounded by LRU. */
export function createDigests(composite: CompositeDigests): Digests {
  const cached = new LRUCache<string, string>({ max: MAX_CACHED });
  const running = new Map<string, Promise<string>>();
  const keyOf = (path: string, stat: BigIntStats) => `${stat.ino}:${stat.size}:${stat.mtimeNs}:${path}`;

  const compute = async (
    key: string,
    path: string,
    handle: FileHandle,
    stat: BigIntStats,
  ): Promise<string> => {
    const digest = (await composite.read(path, stat)) ?? (await digestOf(handle));
    const after = await handle.stat({ bigint: true });
    const unchanged = after.size === stat.size && after.mtimeNs === stat.mtimeNs;
    if (unchanged && Math.abs(Date.now() - Number(stat.mtimeMs)) > SETTLED_MS) cached.set(key, digest);
    return digest;
  };

  return {
    of: (path, handle, stat) => {
      const key = keyOf(path, stat);
      const digest = cached.get(key);
      if (digest !== undefined) return Promise.resolve(digest);
      const shared = running.get(key);
      if (shared) return shared;
      const started = compute(key, path, handle, stat).finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
    note: (path, stat, digest) => cached.set(keyOf(path, stat), digest),
    noteComposite: async (path, stat, digest) => {
      await composite.write(path, stat, digest);
      cached.set(keyOf(path, stat), digest);
    },
    forget: composite.remove,
  };
}

/**
 * The digest in a Content-MD5 header, in upper-case hexadecimal; undefined without a header. Throws a refusal
 * (InvalidDigest) if the header is not the base64 of 16 bytes.
 */
export function promisedDigest(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[A-Za-z0-9+/]{22}==$/.test(header)) throw refusal('InvalidDigest');
  return Buffer.from(header, 'base64').toString('hex').toUpperCase();
}

/** Throws the store's refusal if the content's digest is not the promised one. */
export function checkDigest(promised: string | undefined, digest: string, dialect: Dialect): void {
  if (promised === undefined || promised === digest) return;
  throw dialect === 'oss'
    ? refusal('InvalidDigest')
    : refusal('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}
