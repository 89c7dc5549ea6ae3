import { isDeepStrictEqual } from 'node:util';
import { asFlag, asKey, type Spell } from '../../config/spell.ts';
import type { StoreConfig } from '../../config/store.ts';
import type { ServedStore } from '../../edge/store.ts';
import { aboutStore, type CachedRules, openStore, type ReadyStore, serveStore } from '../../open/store.ts';
import type { RulesCache } from '../../rules/cache.ts';
import { keyOfHere } from '../../rules/ruled-bucket.ts';
import { startFault } from '../start-fault.ts';
import { accessMeans } from './access-means.ts';
import { bareToken, FILES, isHere, isPlaceHere, type OpenOptions, registerWrite } from './open.ts';

/** All buckets of a store, ready to be served. */
export interface OpenedStore {
  readonly config: StoreConfig;
  readonly ready: ReadyStore;
  readonly served: ServedStore<CachedRules>;
}

export interface OpenStoreOptions extends Pick<OpenOptions, 'read' | 'env' | 'warn' | 'register'> {
  readonly cache: RulesCache;
  /** The options alone name the store, without a file. */
  readonly isAlone: boolean;
}

/** Opens a store; one with an unchanged configuration is reused. Rejects with a start fault. */
export async function openStoreOf(
  config: StoreConfig | null,
  before: OpenedStore | null,
  { read, env, warn, register, cache, isAlone }: OpenStoreOptions,
): Promise<OpenedStore | null> {
  if (config === null) return null;
  if (before !== null && isDeepStrictEqual(before.config, config)) return before;
  const spell = isAlone ? asFlag : asKey;
  const mark = isHere(config.place, config) ? keyOfHere : undefined;
  const opened = await openStore(
    config,
    { ...FILES, read, variables: env, spell, register, registerWrite: registerWrite(spell) },
    mark,
  );
  if (!opened.ok) throw startFault(isAlone ? opened.faults : opened.faults.map(aboutStore));
  const bare = bareToken(config, spell);
  const isShared = register?.amongMachines && config.management === 'keep' && isPlaceHere(config.place);
  const own = [...(bare === null ? [] : [bare]), ...(isShared ? [sharedHere(spell)] : [])];
  for (const warning of [...opened.value.warnings, ...own]) warn(isAlone ? warning : aboutStore(warning));
  return { config, ready: opened.value, served: serveStore(opened.value, cache, accessMeans(env, register)) };
}

/** On another machine the same address is another store, and the keys in the register would be the same. */
const sharedHere = (spell: Spell): string =>
  `${spell('management', 'keep')}: edges of other machines that share this Redis and name their own store by the same ` +
  'address share its rules; write a host name of the store that differs from theirs';
