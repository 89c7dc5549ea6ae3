import type { Hono } from 'hono/tiny';
import { createAdmin } from '../admin/app.ts';
import type { Md5 } from '../bucket/verify/verify.ts';
import type { Config } from '../config/read.ts';
import { faultsOf, faultText, type Result } from '../document/fault.ts';
import { createEdge, type EdgeEnv } from '../edge/app.ts';
import { requestLog } from '../edge/log/requests.ts';
import { type Log, loggedRegister, logRules } from '../edge/log.ts';
import type { ServedStore } from '../edge/store.ts';
import { digestOf } from '../open/bucket.ts';
import { openAccess } from '../open/open-access.ts';
import {
  aboutStore,
  type CachedRules,
  nameOfKey,
  type ReadyStore,
  ruledBy,
  ruledIn,
  rulesOver,
  serveStore,
} from '../open/store.ts';
import { createRulesCache, type RulesCache } from '../rules/cache.ts';
import { LOAD_TIMEOUT } from '../rules/load.ts';
import { loadDue, refreshAll } from '../rules/refresh.ts';
import type { Register } from '../rules/register.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { within } from '../rules/within.ts';
import { type Admin, guardAdmin } from './admin.ts';
import { type OpenedBucket, openBuckets, openStoreOf } from './buckets.ts';
import { now } from './clock.ts';
import { type Configured, configure } from './config.ts';
import { type OwnNames, ownNames } from './headers.ts';
import { kvKeep } from './kv-keep.ts';
import { kvRegister } from './kv-register.ts';
import { createLog } from './log.ts';
import { type Env, kvOf } from './platform.ts';
import { alive, aliveCache } from './wait-until.ts';

/** Milliseconds for `/readyz`: a load of KV, then one of the source. */
const READY_TIMEOUT = 2 * LOAD_TIMEOUT;

/** The rules that an isolate knows. They outlive a change of the configuration. */
interface KnownRules extends Pick<Config, 'rulesTtl' | 'maxStale'> {
  readonly cache: RulesCache;
  /** Writes at the level of the newest configuration. */
  log: Log;
}

/** workerd's Web Crypto has MD5, unlike others. */
const md5: Md5 = async (bytes) => new Uint8Array(await crypto.subtle.digest('MD5', bytes));

/** The edge of one isolate. */
export interface OpenedEdge {
  readonly app: Hono<EdgeEnv>;
  /** Null without a token. */
  readonly admin: Admin | null;
  readonly cache: RulesCache;
  readonly known: KnownRules;
  readonly register: Register | null;
  readonly ruled: readonly RuledBucket[];
  readonly store: ServedStore<CachedRules> | null;
  /** The rules of all buckets of the store, if they are the same. */
  readonly all: RuledBucket | null;
  /** The edge's names in headers; the same in every isolate of this Worker. */
  readonly names: OwnNames;
  readonly passCfHeaders: boolean;
  /** The log level includes a line for each request. */
  readonly watched: boolean;
  /** Digest of the whole configuration. */
  readonly digest: string;
}

/** Reads the configuration and creates the edge; returns `before` if the configuration is unchanged. */
export async function openEdge(env: Env, before: OpenedEdge | null): Promise<Result<OpenedEdge, string>> {
  const configured = await configure(env);
  if (!configured.ok) return { ok: false, faults: configured.faults.map(faultText) };
  const { config, worker, buckets, store, variables } = configured.value;
  const digest = await digestOf([config, worker, buckets, store]);
  if (before?.digest === digest) return { ok: true, value: before };
  const kv = kvOf(env);
  // It knows what this isolate has written, and KV may not yet.
  const register = before?.register ?? (kv && kvRegister(kv, alive, now));
  const opened = await openBuckets(buckets, variables, kv, register);
  const ready = await openStoreOf(store, config.storeUrl !== null, variables, kv, register);
  if (!opened.ok || !ready.ok) return { ok: false, faults: [...faultsOf(opened), ...faultsOf(ready)] };
  const every = { opened: opened.value, ready: ready.value, register };
  return { ok: true, value: await createOpenedEdge(configured.value, every, env, digest, before) };
}

interface Every {
  readonly opened: readonly OpenedBucket[];
  readonly ready: ReadyStore | null;
  readonly register: Register | null;
}

async function createOpenedEdge(
  { config, worker, buckets, store: storeConfig, variables, warnings }: Configured,
  { opened, ready, register }: Every,
  env: Env,
  digest: string,
  before: OpenedEdge | null,
): Promise<OpenedEdge> {
  const log = createLog(config.logLevel);
  const opens = [...opened.flatMap((bucket) => bucket.warnings), ...(ready?.warnings ?? []).map(aboutStore)];
  for (const warning of [...warnings, ...opens]) log.warn({}, warning);
  const ruled = opened.map((bucket) => bucket.ruled);
  const nameOf = (key: string) => nameOfKey(key, ruled, ready);
  const means = { variables, md5, register: register && loggedRegister(log, register, nameOf) };
  const known = knownRules(config, env, log, before, ruled);
  const { cache } = known;
  const edgeId = (await digestOf([buckets, storeConfig])).slice(0, 8);
  // What is known of the store's buckets belongs to its configuration.
  before?.store?.close();
  if (before?.all) cache.forget(before.all);
  const store = ready && serveStore(ready, cache, means);
  const app = createEdge({
    buckets: opened.map(({ ruled: bucket, route, access }) => ({
      ...route,
      ...openAccess(access, means),
      rules: rulesOver(cache, bucket),
    })),
    ...(store !== null && { store }),
    observe: requestLog(log, { requests: config.logRequests }),
    onError: (error) =>
      log.error(
        { err: error instanceof Error ? error.message : String(error) },
        'the edge failed on a request',
      ),
    edgeId,
    debugReason: config.debugReason,
    limits: { target: config.maxUrl, headers: config.maxHeaders },
    now,
  });
  const preloaded = opened.filter(({ preload }) => preload).map((bucket) => bucket.ruled);
  const admin = createAdmin({
    buckets: () => [...ruled, ...(ready && store ? ruledIn(ready, store) : [])],
    named: (name, open) => store && ruledBy(store, name, open),
    preloaded: () => preloaded,
    cache: aliveCache(cache),
    listening: () => true,
    // A new isolate has loaded nothing, and this may be its only request.
    beforeReady: () => within(READY_TIMEOUT, alive(loadDue(cache, preloaded))).catch(() => {}),
    refresh: refreshAll,
    onError: (error) =>
      log.error(
        { err: error instanceof Error ? error.message : String(error) },
        'the admin paths failed on a request',
      ),
  });
  const { adminPath, adminToken, passCfHeaders } = worker;
  return {
    app,
    admin: adminToken === null ? null : guardAdmin(admin, adminPath, adminToken),
    cache,
    known,
    register,
    ruled,
    store,
    all: ready?.all ?? null,
    names: ownNames(edgeId),
    passCfHeaders,
    watched: log.isLevelEnabled('info') && config.logRequests === 'all',
    digest,
  };
}

/** The rules of the edge before, without the removed buckets; none if the options that rules are loaded by differ. */
function knownRules(
  { rulesTtl, maxStale }: Config,
  env: Env,
  log: Log,
  before: OpenedEdge | null,
  ruled: readonly RuledBucket[],
): KnownRules {
  const { known, ruled: ruledBefore } = before ?? {};
  if (known?.rulesTtl !== rulesTtl || known.maxStale !== maxStale)
    return newRules(rulesTtl, maxStale, env, log);
  const keys = new Set(ruled.map(keyOf));
  for (const bucket of ruledBefore ?? []) if (!keys.has(keyOf(bucket))) known.cache.forget(bucket);
  known.log = log;
  return known;
}

function newRules(rulesTtl: number, maxStale: number, env: Env, log: Log): KnownRules {
  const kv = kvOf(env);
  const keeps = kv === null ? [] : [kvKeep(kv, alive, (message) => known.log.warn({}, message))];
  const cache = createRulesCache({
    ttl: rulesTtl,
    maxStale,
    keeps,
    now,
    onChange: (bucket, status, isNew) => logRules(known.log, bucket, status, isNew),
  });
  const known: KnownRules = { rulesTtl, maxStale, cache, log };
  return known;
}
