import { rulesUrl } from '../bucket/read.ts';
import type { StoreConfig } from '../config/store.ts';
import { VENDORS } from '../config/vendor-hosts.ts';
import type { Result } from '../document/fault.ts';
import type { Bucket } from '../edge/bucket.ts';
import {
  addressIn,
  createStore,
  type ServedStore,
  type StorePlan,
  type StoreRules,
  servesName,
} from '../edge/store.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { NameLimits } from '../rules/names.ts';
import { renewal } from '../rules/refresh.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { kindOf } from '../rules/sources/kinds.ts';
import { digestOf, documentFaults, type Means } from './bucket.ts';
import { openStoreSigner } from './signer.ts';
import { openToken } from './token.ts';

/** A store whose buckets are ready to be opened by their names. */
export interface ReadyStore {
  readonly plan: StorePlan;
  /** The rules of all buckets; null: each bucket has its own. */
  readonly all: RuledBucket | null;
  ruledOf(name: string): RuledBucket;
}

/** A line about the store; one that options alone describe has no entry. */
export const aboutStore = (line: string): string => `store: ${line}`;

/**
 * Opens a configured store. Each fault is one line. `mark` changes the key of a bucket's rules, where the machine is
 * part of it.
 */
export async function openStore(
  config: StoreConfig,
  means: Means,
  mark: (key: string) => string = (key) => key,
): Promise<Result<ReadyStore, string>> {
  const { place, rules, rulesToken, store: dialect, vary, dangerouslyAllowCredentials } = config;
  const kind = kindOf(rules);
  const signers = kind.signed
    ? await openStoreSigner(config, withRegion(config), means, means.spell)
    : ({ ok: true, value: undefined } as const);
  if (!signers.ok) return signers;
  const token = openToken(rulesToken, means, means.spell);
  if (!token.ok) return token;
  const { read, file, kv } = means;
  const sourceOf = (name: string) => {
    const address = addressIn({ address: place.address, style: config.style }, name);
    const bucket = { address, rulesName: rulesUrl(address) };
    return kind.open(rules, { read, bucket, sign: signers.value?.(name), token: token.value, file, kv });
  };
  const first = sourceOf('bucket');
  if ('fault' in first) return { ok: false, faults: [first.fault] };
  const faults = kind.checkedAtStart ? await documentFaults(first, means) : [];
  if (faults.length > 0) return { ok: false, faults };
  const digest = await digestOf([place, config.style, rules]);
  const behaviour = { dialect, vary, dangerouslyAllowCredentials };
  const plan = planOf(config, mark(`-${digest.slice(0, 16)}`));
  const { label, keySuffix } = plan;
  const all = plan.sameRules ? { name: label, key: label + keySuffix, source: first, behaviour } : null;
  const ruledOf = (name: string): RuledBucket => {
    if (all !== null) return all;
    const source = sourceOf(name);
    // Whether a source can be opened does not depend on the bucket's name.
    if ('fault' in source) throw new Error(source.fault);
    return { name, key: name + keySuffix, source, behaviour, ofStore: true };
  };
  return { ok: true, value: { plan, all, ruledOf } };
}

/** S3 at any host takes the region that its clients send by default. */
function withRegion({ place, store }: StoreConfig): StoreConfig['place'] {
  const { defaultRegion } = VENDORS[store];
  return place.store !== undefined || defaultRegion === undefined ? place : { ...place, defaultRegion };
}

function planOf(config: StoreConfig, keySuffix: string): StorePlan {
  const { place, style, hosts, suffixes, paths, allow, deny } = config;
  const { store: dialect, vary, dangerouslyAllowCredentials, keepHost, trustForwarded, forwarded } = config;
  return {
    label: `${place.address.host}${place.address.path}/*`,
    address: place.address,
    style,
    hosts,
    suffixes,
    paths,
    ...(allow !== undefined && { allow }),
    ...(deny !== undefined && { deny }),
    keySuffix,
    behaviour: { dialect, vary, dangerouslyAllowCredentials },
    sameRules: config.rules.kind !== 'bucket',
    route: {
      keepHost,
      trustForwarded,
      forwarded,
      passProxyCommands: config.dangerouslyPassProxyCommands,
      timeouts: { connect: config.bucketConnectTimeout, head: config.bucketHeadTimeout },
    },
  };
}

/** A bucket of a store with its rules in a cache. */
export interface CachedRules extends StoreRules {
  readonly ruled: RuledBucket;
}

/** Serves a store by the rules of a cache. */
export const serveStore = (
  { plan, all, ruledOf }: ReadyStore,
  cache: RulesCache,
  limits?: NameLimits,
): ServedStore<CachedRules> =>
  createStore({
    plan,
    ...(limits !== undefined && { limits }),
    open(name) {
      const ruled = ruledOf(name);
      return { ruled, rules: rulesOver(cache, ruled), forget: () => ruled !== all && cache.forget(ruled) };
    },
  });

/** A bucket's rules for the edge, out of a cache. */
export const rulesOver = (cache: RulesCache, bucket: RuledBucket): Bucket['rules'] => ({
  current: (background) => cache.current(bucket, background),
  refresh: (background) => renewal(cache.renew(bucket), background),
});

/** The rules of a store's buckets that are known: of each bucket that exists, or of all together. */
export const ruledIn = ({ all }: ReadyStore, served: ServedStore<CachedRules>): readonly RuledBucket[] =>
  all === null ? served.known().map(({ ruled }) => ruled) : [all];

/** The bucket of a store with this name. `open`: also if it was found missing, or no request has named it. */
export function ruledBy(served: ServedStore<CachedRules>, name: string, open: boolean): RuledBucket | null {
  if (!servesName(served.plan, name)) return null;
  if (!open) return served.peek(name)?.ruled ?? null;
  served.revive(name);
  return served.find(name)?.ruled ?? null;
}
