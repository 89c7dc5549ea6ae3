import type { Address, Sign } from '../../bucket/transport.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import type { BucketConfig } from '../../config/file.ts';
import type { StoreConfig } from '../../config/store.ts';
import { addressIn, nameIn } from '../../edge/store.ts';
import { type Access, accessTo } from '../../open/access.ts';
import type { SigningConfig } from '../../open/signer.ts';
import { nameOfKey, ruledBy, ruledIn } from '../../open/store.ts';
import type { RulesCache } from '../../rules/cache.ts';
import { coalesced, loadDue } from '../../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { kindOf } from '../../rules/sources/kinds.ts';
import { watchFile } from '../files/watch.ts';
import type { OpenedBucket } from './open.ts';
import type { OpenBucket } from './place.ts';
import type { OpenedStore } from './store.ts';

export interface ServingOptions {
  /** Serves these buckets and this store from now on. Throws if they cannot be served together. */
  readonly serve: (buckets: readonly OpenedBucket[], store: OpenedStore | null) => void;
  /** Milliseconds that requests in flight to a removed bucket may take to end. */
  readonly drain: number;
  /** Milliseconds between two checks for rules that are due. */
  readonly every: number;
  readonly open: (
    configs: readonly BucketConfig[],
    before: readonly OpenedBucket[],
    store: StoreConfig | null,
  ) => Promise<readonly OpenedBucket[]>;
  readonly openStore: (config: StoreConfig | null, before: OpenedStore | null) => Promise<OpenedStore | null>;
}

/** Where the rules of a bucket are written, and by which keys. */
export interface RulesPlace {
  readonly access: Access;
  readonly address: Address;
  readonly place: BucketPlace;
  readonly signing: SigningConfig;
  /** Signs in place of the configured keys: a folder checks keys of its own. */
  readonly sign?: Sign;
}

/** Systems limit the number of watches. Further files are read when their rules are due. */
const WATCHED_MOST = 256;

/** The file that a bucket's rules come from: the one that is configured, or the one beside a folder. */
function watchedPath({ config: { rules, bucket }, ruled, open }: OpenedBucket): string | undefined {
  const isOfFolder = bucket?.kind === 'folder' && ruled.source.kind === 'bucket';
  return isOfFolder ? open.rulesName : kindOf(rules).watchedPath?.(rules);
}

/** The set of buckets that is served, with its file watches, loads and removed buckets. */
export function serveBuckets(cache: RulesCache, options: ServingOptions) {
  let served: readonly OpenedBucket[] = [];
  let store: OpenedStore | null = null;
  let begun = false;
  const watching = new Map<OpenedBucket, { close(): void }>();
  let ticking: NodeJS.Timeout | undefined;
  let replacing: Promise<void> = Promise.resolve();
  const retiring = new Map<OpenBucket, NodeJS.Timeout>();

  const configured = (): RuledBucket[] => served.map((bucket) => bucket.ruled);

  const ruled = (): readonly RuledBucket[] => [
    ...configured(),
    ...(store === null ? [] : ruledIn(store.ready, store.served)),
  ];

  const named = (name: string, open: boolean): RuledBucket | null =>
    store && ruledBy(store.served, name, open);

  /** The same with buckets of the store whose rules were not found yet. */
  const opened = (): readonly RuledBucket[] => {
    if (store === null) return configured();
    const { ready, served: buckets } = store;
    return [
      ...configured(),
      ...(ready.all === null ? buckets.opened().map((one) => one.ruled) : [ready.all]),
    ];
  };

  /** The open buckets of a key, which has changed in another process: a bucket of the store may exist again. */
  const changed = (key: string): readonly RuledBucket[] => {
    const name = store && nameIn(store.ready.plan, key);
    if (store === null || name === null) {
      const all = store?.ready.all ?? [];
      return configured()
        .concat(all)
        .filter((bucket) => keyOf(bucket) === key);
    }
    store.served.revive(name);
    const open = store.served.peek(name);
    return open === undefined ? [] : [open.ruled];
  };

  /** Where the rules of a bucket are written; null: it is no longer served. */
  const writtenAt = (ruled: RuledBucket): RulesPlace | null => {
    const found = served.find((bucket) => bucket.ruled === ruled);
    if (found !== undefined && found.config.bucket !== null) {
      const { config, access, open } = found;
      const { address, sign } = open;
      return { access, address, place: found.config.bucket, signing: config, ...(sign && { sign }) };
    }
    if (store === null || store.served.peek(ruled.name)?.ruled !== ruled) return null;
    const { config, ready } = store;
    return {
      access: accessTo(ready.access, ruled.name),
      address: addressIn(ready.plan, ruled.name),
      place: config.place,
      signing: { ...config, bucketName: ruled.name },
    };
  };

  const preloaded = (): readonly RuledBucket[] =>
    served.filter(({ config }) => config.preload).map((bucket) => bucket.ruled);

  /** Loads the rules of preloaded buckets when they are due, also when no request comes. */
  const tick = coalesced(() => loadDue(cache, preloaded()));

  /** Watches the files of rules. Existing watches stay, so that no edit is missed. */
  function watch(): void {
    const wanted = served.filter((bucket) => watchedPath(bucket) !== undefined).slice(0, WATCHED_MOST);
    for (const [bucket, { close }] of watching) {
      if (wanted.includes(bucket)) continue;
      close();
      watching.delete(bucket);
    }
    for (const bucket of wanted) {
      const path = watchedPath(bucket);
      if (watching.has(bucket) || path === undefined) continue;
      const changed = () => void cache.refresh(bucket.ruled).catch(() => {});
      watching.set(bucket, watchFile(path, changed));
    }
  }

  /** Replacements run one after the other, so that of two quick edits of a file the second one wins. */
  function replace(configs: readonly BucketConfig[], all: StoreConfig | null): Promise<void> {
    const replaced = replacing.then(() => replaceNow(configs, all));
    replacing = replaced.catch(() => {});
    return replaced;
  }

  async function replaceNow(configs: readonly BucketConfig[], all: StoreConfig | null): Promise<void> {
    const nextStore = await options.openStore(all, store);
    const next = await options.open(configs, served, all);
    const gone = served.filter((bucket) => !next.includes(bucket));
    options.serve(next, nextStore);
    served = next;
    // No request comes in between, so nothing of the next store is forgotten.
    if (store !== nextStore) forgetStore(store);
    store = nextStore;
    if (begun) watch();
    retire(gone);
  }

  function forgetStore(gone: OpenedStore | null): void {
    gone?.served.close();
    if (gone?.ready.all) cache.forget(gone.ready.all);
  }

  /** Drops the rules of removed buckets now, and closes the buckets after `drain`. */
  function retire(gone: readonly OpenedBucket[]): void {
    const keys = new Set(served.map((bucket) => keyOf(bucket.ruled)));
    const inUse = new Set(served.map(({ open }) => open));
    for (const { ruled: bucket, open } of gone) {
      if (!keys.has(keyOf(bucket))) cache.forget(bucket);
      if (inUse.has(open)) continue;
      const timer = setTimeout(() => {
        retiring.delete(open);
        void open.close();
      }, options.drain).unref();
      retiring.set(open, timer);
    }
  }

  return {
    ruled,
    named,
    opened,
    changed,
    preloaded,
    writtenAt,
    /** The name of the bucket with a key in the register. */
    nameOf: (key: string): Promise<string> => nameOfKey(key, configured(), store?.ready ?? null),
    replace,
    begin(): void {
      begun = true;
      watch();
      ticking = setInterval(() => void tick(), options.every).unref();
      void tick();
    },
    async close(): Promise<void> {
      clearInterval(ticking);
      // A replacement in progress opens watches.
      await replacing;
      for (const { close } of watching.values()) close();
      for (const timer of retiring.values()) clearTimeout(timer);
      const open = new Set([...served.map((bucket) => bucket.open), ...retiring.keys()]);
      await Promise.all([...open].map(({ close }) => close()));
    },
  };
}
