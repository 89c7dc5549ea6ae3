import { LRUCache } from 'lru-cache';
import { monotonic } from './clock.ts';

/**
 * What is known by names that clients choose. Three bounded sets, so that invented names take no place from others: names
 * that exist, names about which nothing is known yet, and names that do not exist.
 */
export interface Names<T extends object> {
  /** The value of a name, opened if it is new. Null: the name was found missing lately. */
  find(name: string): T | null;
  /** Without opening it. */
  peek(name: string): T | undefined;
  /** The name exists. */
  confirm(name: string): void;
  /** The name does not exist: forgets its value, and remembers that for a while. */
  drop(name: string): void;
  /** The name may exist again. */
  revive(name: string): void;
  /** The names that exist, the last used first. */
  known(): string[];
  /** The values of all names but the missing ones. */
  opened(): T[];
  /** Forgets everything. */
  clear(): void;
}

export interface NamesOptions<T extends object> {
  readonly open: (name: string) => T;
  /** Called when a value is forgotten. */
  readonly close: (value: T) => void;
  readonly limits?: NameLimits;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export interface NameLimits {
  /** Most names that exist. */
  readonly known: number;
  /** Most names about which nothing is known yet; above the number of loads that run at once. */
  readonly fresh: number;
  /** Most missing names, and the least time in milliseconds that they are remembered: at most twice as long. */
  readonly missing: number;
  readonly missingFor: number;
}

/** Missing names of 63 characters take about 15 MB. */
const LIMITS: NameLimits = { known: 10_000, fresh: 4_096, missing: 100_000, missingFor: 30_000 };

export function createNames<T extends object>({
  open,
  close,
  limits = LIMITS,
  now = monotonic,
}: NamesOptions<T>): Names<T> {
  const dispose = (value: T, _: string, reason: LRUCache.DisposeReason): void => {
    if (reason === 'evict') close(value);
  };
  const known = new LRUCache<string, T>({ max: limits.known, dispose });
  const fresh = new LRUCache<string, T>({ max: limits.fresh, dispose });
  const missing = createMissing(limits, now);

  function remove(name: string): void {
    for (const values of [known, fresh]) {
      const value = values.peek(name);
      values.delete(name);
      if (value !== undefined) close(value);
    }
  }

  return {
    find(name) {
      const found = known.get(name) ?? fresh.get(name);
      if (found !== undefined) return found;
      if (missing.has(name)) return null;
      const own = flat(name);
      const opened = open(own);
      fresh.set(own, opened);
      return opened;
    },
    peek: (name) => known.peek(name) ?? fresh.peek(name),
    confirm(name) {
      const value = fresh.peek(name);
      if (value === undefined) return;
      fresh.delete(name);
      known.set(flat(name), value);
    },
    drop(name) {
      remove(name);
      missing.add(flat(name));
    },
    revive: missing.delete,
    known: () => [...known.keys()],
    opened: () => [...known.values(), ...fresh.values()],
    clear() {
      for (const name of [...known.keys(), ...fresh.keys()]) remove(name);
      missing.clear();
    },
  };
}

/** A copy of its own: V8 lets a part of a text refer to the whole, which may be a long URL. */
const flat = (name: string): string => name.split('').join('');

/** Two generations: the older one is forgotten when the younger one is full or has its age. */
function createMissing({ missing: most, missingFor }: NameLimits, now: () => number) {
  let young = new Set<string>();
  let old = new Set<string>();
  let since = now();

  function turn(): void {
    old = young;
    young = new Set();
    since = now();
  }

  /** A generation whose age has passed twice is of no use any more. */
  function age(): void {
    const past = now() - since;
    if (past < missingFor) return;
    turn();
    if (past >= 2 * missingFor) old = new Set();
  }

  return {
    has(name: string): boolean {
      if (young.size === 0 && old.size === 0) return false;
      age();
      return young.has(name) || old.has(name);
    },
    add(name: string): void {
      age();
      if (young.size >= most / 2) turn();
      young.add(name);
    },
    delete(name: string): void {
      young.delete(name);
      old.delete(name);
    },
    clear(): void {
      young = new Set();
      old = new Set();
    },
  };
}
