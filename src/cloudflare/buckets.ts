import { withHost } from '../bucket/address.ts';
import { readUncached, rulesUrl } from '../bucket/read.ts';
import type { BucketConfig } from '../config/file.ts';
import { asKey, asVariable } from '../config/spell.ts';
import type { StoreConfig } from '../config/store.ts';
import type { Variables } from '../config/variables.ts';
import type { Result } from '../document/fault.ts';
import { aboutBucket, openConfigured, type ReadyBucket } from '../open/bucket.ts';
import { aboutStore, openStore, type ReadyStore } from '../open/store.ts';
import type { Register } from '../rules/register.ts';
import { KV_BINDING } from '../rules/sources/kv.ts';
import type { Kv } from './platform.ts';

export interface OpenedBucket extends ReadyBucket {
  readonly preload: boolean;
}

/** Opens all buckets, or returns every fault as one line. */
export async function openBuckets(
  configs: readonly BucketConfig[],
  variables: Variables,
  kv: Kv | null,
  register: Register | null,
): Promise<Result<readonly OpenedBucket[], string>> {
  const faults: string[] = [];
  const value: OpenedBucket[] = [];
  for (const config of configs) {
    const opened = await openOne(config, variables, kv, register);
    if (opened.ok) {
      const warnings = opened.value.warnings.map((line) => aboutBucket(config, line));
      value.push({ ...opened.value, warnings, preload: config.preload });
    } else faults.push(...opened.faults.map((line) => aboutBucket(config, line)));
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}

async function openOne(
  config: BucketConfig,
  variables: Variables,
  kv: Kv | null,
  register: Register | null,
): Promise<Result<ReadyBucket, string>> {
  const spell = config.name === '' ? asVariable : asKey;
  const { bucket: place } = config;
  if (place?.kind !== 'http') return { ok: false, faults: [`${spell('bucket')} is missing`] };
  const { base, host, path } = place.address;
  // `fetch` takes the Host header from the URL.
  const address = { base: withHost(base, host), host, path };
  const reached = { name: host + path, address, rulesName: rulesUrl(address) };
  return openConfigured(config, place, reached, {
    read: readUncached,
    variables,
    spell,
    register,
    registerWrite: KV_BINDING,
    documentPlace: spell('rules'),
    ...(kv !== null && { kv }),
  });
}

/** Opens the store, or returns every fault as one line. */
export async function openStoreOf(
  config: StoreConfig | null,
  isAlone: boolean,
  variables: Variables,
  kv: Kv | null,
  register: Register | null,
): Promise<Result<ReadyStore | null, string>> {
  if (config === null) return { ok: true, value: null };
  const spell = isAlone ? asVariable : asKey;
  const opened = await openStore(config, {
    read: readUncached,
    variables,
    spell,
    register,
    registerWrite: KV_BINDING,
    documentPlace: spell('rules'),
    ...(kv !== null && { kv }),
  });
  return opened.ok || isAlone ? opened : { ok: false, faults: opened.faults.map(aboutStore) };
}
