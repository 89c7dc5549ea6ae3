import { rulesUrl } from '../bucket/read.ts';
import type { StoreConfig } from '../config/store.ts';
import type { Result } from '../document/fault.ts';
import type { Bucket } from '../edge/bucket.ts';
import {
  addressIn,
  createStore,
  keyIn,
  nameIn,
  type ServedStore,
  type StorePlan,
  type StoreRules,
  servesName,
} from '../edge/store.ts';
import type { RulesCache } from '../rules/cache.ts';
import { renewal } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import type { Source } from '../rules/source.ts';
import { kindOf } from '../rules/sources/kinds.ts';
import { registerSource } from '../rules/sources/register.ts';
import { type Access, accessInStore, accessTo } from './access.ts';
import { accessFaults } from './access-faults.ts';
import { authorizeWarnings } from './authorize-warnings.ts';
import { digestOf, type Means, REGISTERED, registered, registeredKey, sourceFaults } from './bucket.ts';
import { openKeys } from './client-keys.ts';
import { type AccessMeans, openAccess } from './open-access.ts';
import { openStoreSigner } from './signer.ts';
import { openToken } from './token.ts';

/** A store whose buckets are ready to be opened by their names. */
export interface ReadyStore {
  readonly plan: StorePlan;
  /** Of all buckets; `accessTo` makes that of one. */
  readonly access: Access;
  /** The rules of all buckets; null: each bucket has its own. */
  readonly all: RuledBucket | null;
  ruledOf(name: string): RuledBucket;
  /** What it opens to all clients, one line each. */
  readonly warnings: readonly string[];
}

/** A line about the store; one that options alone describe has no entry. */
export const aboutStore = (line: string): string => `store: ${line}`;

/** Room for a name after it in the keys of the register, which are not shortened then. */
const PREFIX_MOST = 100;

/**
 * Opens a configured store. Each fault is one line. `mark` changes the key of a bucket's rules, where the machine is
 * part of it.
 */
export async function openStore(
  config: StoreConfig,
  means: Means,
  mark: (key: string) => string = (key) => key,
): Promise<Result<ReadyStore, string>> {
  const { place, rules, store: dialect, vary, dangerouslyAllowCredentials } = config;
  const digest = (await digestOf([place, config.style, rules])).slice(0, 16);
  const where = `${place.address.host}${place.address.path}/`;
  const access = accessInStore(config, where.length > PREFIX_MOST ? `${digest}/` : where, means.spell);
  const one = { ...config, hosts: config.hosts ?? [] };
  const faults = await accessFaults(one, accessTo(access, 'bucket'), place, means);
  const { register } = means;
  const isRegistered = access.management === 'keep';
  const sourceOf = isRegistered
    ? registered(register, (storage) => (name: string) => registerSource(storage, access.registerKey + name))
    : await sourcesIn(config, means, faults.length > 0 && access.objects !== 'pass');
  if (!sourceOf.ok || faults.length > 0)
    return { ok: false, faults: [...faults, ...(sourceOf.ok ? [] : sourceOf.faults)] };
  const behaviour = { dialect, vary, dangerouslyAllowCredentials };
  const isShared = !isRegistered && rules.kind !== 'bucket';
  const plan = planOf(config, {
    keyPrefix: isRegistered ? access.registerKey : '',
    keySuffix: isRegistered ? REGISTERED : mark(`-${digest}`),
    evidence: isRegistered ? 'rules' : isShared ? 'nothing' : 'answer',
  });
  const all = isShared
    ? { name: plan.label, key: keyIn(plan, ''), source: sourceOf.value('bucket'), behaviour }
    : null;
  const ruledOf = (name: string): RuledBucket =>
    all ?? { name, key: keyIn(plan, name), source: sourceOf.value(name), behaviour, ofStore: true };
  const warnings = await authorizeWarnings({ ...access, bucketName: servedIn(plan) }, means);
  return { ok: true, value: { plan, access, all, ruledOf, warnings } };
}

/** The buckets that the lists let through, for the log. */
function servedIn({ label, allow = ['*'], deny = [] }: StorePlan): string {
  const but = deny.length === 0 ? '' : `, but not ${deny.join(', ')}`;
  return `${label} (buckets that match ${allow.join(', ')}${but})`;
}

/**
 * Opens where the rules come from, if clients do not write them through the edge. `isSignerChecked`: the faults of its
 * signer are known already.
 */
async function sourcesIn(
  config: StoreConfig,
  means: Means,
  isSignerChecked: boolean,
): Promise<Result<(name: string) => Source, string>> {
  const { place, style, rules, rulesToken } = config;
  const kind = kindOf(rules);
  const signers = kind.signed
    ? await openStoreSigner(config, place, means, means.spell)
    : ({ ok: true, value: undefined } as const);
  const token = openToken(rulesToken, means, means.spell);
  const { read, file, kv } = means;
  const open = (name: string) => {
    const address = addressIn({ address: place.address, style }, name);
    const bucket = { address, rulesName: rulesUrl(address) };
    const sign = signers.ok ? signers.value?.(name) : undefined;
    return kind.open(rules, { read, bucket, sign, token: token.ok ? token.value : undefined, file, kv });
  };
  const first = open('bucket');
  const faults = [
    ...(signers.ok || isSignerChecked ? [] : signers.faults),
    ...(token.ok ? [] : token.faults),
    ...(await sourceFaults(first, kind.checkedAtStart, means)),
  ];
  if (!signers.ok || !token.ok || faults.length > 0) return { ok: false, faults };
  const value = (name: string): Source => {
    const source = open(name);
    // Whether a source can be opened does not depend on the bucket's name.
    if ('fault' in source) throw new Error(source.fault);
    return source;
  };
  return { ok: true, value };
}

function planOf(
  config: StoreConfig,
  keys: Pick<StorePlan, 'keyPrefix' | 'keySuffix' | 'evidence'>,
): StorePlan {
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
    ...keys,
    behaviour: { dialect, vary, dangerouslyAllowCredentials },
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
  { plan, access, all, ruledOf }: ReadyStore,
  cache: RulesCache,
  means: AccessMeans,
): ServedStore<CachedRules> =>
  createStore({
    plan,
    access: accessIn(access, means),
    open(name) {
      const ruled = ruledOf(name);
      return { ruled, rules: rulesOver(cache, ruled), forget: () => ruled !== all && cache.forget(ruled) };
    },
  });

/** The functions of an access for each bucket of a store. Clients choose the names, so all of them share what reads keys. */
export function accessIn(
  access: Access,
  means: AccessMeans,
): (name: string | null) => ReturnType<typeof openAccess> {
  const keys = openKeys(access, means);
  return (name) => openAccess(name === null ? ofService(access) : accessTo(access, name), means, keys);
}

/**
 * The service has no rules, and lists buckets: to a client with keys of its own only. An S3 signature has no name of a
 * bucket beside the path; an OSS signature passes as it is, since it does not cover the Host.
 */
const ofService = (access: Access): Access => ({
  ...access,
  management: 'pass',
  objects: access.objects === 'resign' && access.store === 's3' ? 'resign' : 'pass',
  bucketName: '',
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

/** The name of the bucket whose rules clients have written under this key of the register; null: another key. */
export const nameOfRegistered = ({ plan, access }: ReadyStore, registerKey: string): string | null =>
  access.management === 'keep' ? nameIn(plan, registerKey + plan.keySuffix) : null;

/** The name of the bucket whose rules clients write under this key of the register; the key itself if none is served. */
export async function nameOfKey(
  registerKey: string,
  buckets: readonly RuledBucket[],
  store: ReadyStore | null,
): Promise<string> {
  const key = await registeredKey(registerKey);
  const found = buckets.find((bucket) => keyOf(bucket) === key);
  return found?.name ?? (store && nameOfRegistered(store, registerKey)) ?? registerKey;
}
