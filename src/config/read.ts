import { SIGNING } from '../bucket/sign/signing.ts';
import { DEFAULT_DIALECT, DIALECTS, type Dialect } from '../cors/behaviour.ts';
import { type Fault, type Result, resultOf } from '../document/fault.ts';
import { kindOf } from '../rules/sources/kinds.ts';
import { besideStore } from './beside-store.ts';
import type { BucketPlace } from './bucket-url.ts';
import { type Given, type GivenOptions, placeOf, shown } from './given.ts';
import { listeningFaults } from './listening-faults.ts';
import {
  BUCKET_OPTIONS,
  type BucketOptionName,
  OPTION_NAMES,
  type OptionName,
  optionOf,
  type Unset,
  type ValueOf,
} from './options.ts';
import type { StorePlace } from './store-url.ts';
import { wrapping } from './wrapping.ts';

/** Every option's value; times in milliseconds. Without a bucket only the demo can be served. */
export type Config = { readonly [N in Exclude<OptionName, Unset>]: ValueOf<N> } & {
  readonly [N in Exclude<Unset, 'store'>]: ValueOf<N> | null;
} & {
  /** The given store, else the store of the bucket's address, else `oss`. */
  readonly store: Dialect;
};

export type { Given, GivenOptions };

export type BucketOptions = Pick<Config, BucketOptionName>;

/** Where options were given, without their values. */
export type Places = Partial<Record<OptionName, string>>;

export const placesOf = (given: GivenOptions): Places =>
  Object.fromEntries(Object.entries(given).map(([name, { place }]) => [name, place]));

/** Checks all options at once: every fault, or a whole configuration (promise 6). */
export function readConfig(given: GivenOptions): Result<Config> {
  const { values, faults } = readOptions(OPTION_NAMES, given);
  const config = withStore(values) as Config;
  const found = [
    ...faults,
    ...contradictions(config, given),
    ...listeningFaults(config, given),
    ...besideStore(config, given),
  ];
  return resultOf(config, found);
}

/** Checks the options of one bucket in a configuration file. */
export function readBucketOptions(given: GivenOptions): Result<BucketOptions> {
  const { values, faults } = readOptions(BUCKET_OPTIONS, given);
  const options = withStore(values) as BucketOptions;
  const found = [...faults, ...contradictions(options, given)];
  return resultOf(options, found);
}

/** Checks the options that apply to all buckets of a store. The place is null if it has faults of its own. */
export function readStoreOptions(
  names: readonly BucketOptionName[],
  given: GivenOptions,
  place: StorePlace | null,
): Result<BucketOptions> {
  const { values, faults } = readOptions(names, given);
  const options = withStore({ ...values, storeUrl: place }) as BucketOptions;
  const found = [...faults, ...contradictions({ ...options, bucket: place }, given)];
  return resultOf(options, found);
}

/** The faults of the options that are given, and of no others. */
export const optionFaults = (given: GivenOptions): readonly Fault[] =>
  readOptions(Object.keys(given) as OptionName[], given).faults;

type Values = Partial<Record<OptionName, unknown>>;

function readOptions(names: readonly OptionName[], given: GivenOptions): { values: Values; faults: Fault[] } {
  const faults: Fault[] = [];
  const values: Values = {};
  for (const name of names) {
    const option = optionOf(name);
    const text = given[name]?.text ?? option.default;
    const wrapped = text === null ? null : wrapping(text);
    if (wrapped !== null) {
      const write = shown(name, wrapped.bare).value ?? 'it without them';
      faults.push({ place: placeOf(given, name), reason: wrapped.reason, write });
      continue;
    }
    const read = text === null ? { value: null } : option.parse(text);
    if ('value' in read) values[name] = read.value;
    else faults.push({ place: placeOf(given, name), ...shown(name, text ?? ''), ...read });
  }
  return { values, faults };
}

const withStore = (values: Values): Values => ({
  ...values,
  store:
    values.store ??
    storeOf(values.bucket as BucketPlace | null | undefined) ??
    dialectAt(values.storeUrl as StorePlace | null | undefined) ??
    DEFAULT_DIALECT,
});

/** The dialect of a store with many buckets: OSS is known by its hosts. */
const dialectAt = (place: StorePlace | null | undefined): Dialect | undefined =>
  place ? (place.store ?? 's3') : undefined;

const storeOf = (place: BucketPlace | null | undefined): Dialect | undefined =>
  place?.kind === 'http' ? place.store : undefined;

function contradictions(options: BucketOptions, given: GivenOptions): Fault[] {
  const faults: Fault[] = [];
  const { store } = options;
  if (options.dangerouslyAllowCredentials && DIALECTS[store].allowsCredentials) {
    faults.push({
      place: placeOf(given, 'dangerouslyAllowCredentials'),
      value: 'true',
      reason: `has no meaning with store ${store}, which allows credentials by itself`,
      write: 'nothing: leave it out',
    });
  }
  const addressed = storeOf(options.bucket);
  if (addressed !== undefined && addressed !== store) {
    faults.push({
      place: placeOf(given, 'store'),
      value: store,
      reason: `contradicts the bucket's address, which is of store ${addressed}`,
      write: `${addressed}, or nothing`,
    });
  }
  const place = options.bucket?.kind === 'http' ? options.bucket : undefined;
  for (const [name, said] of [
    ['region', place?.region],
    ['bucketName', place?.name],
  ] as const) {
    const value = options[name];
    if (value === null || said === undefined || value === said) continue;
    const reason = `contradicts the bucket's address, which says ${said}`;
    faults.push({ place: placeOf(given, name), value, reason, write: `${said}, or nothing` });
  }
  if (
    options.rulesToken !== null &&
    options.rulesToken !== undefined &&
    (options.rules === undefined || kindOf(options.rules).tokenUrl === undefined)
  ) {
    const reason = 'has a meaning only for rules at a URL';
    faults.push({ place: placeOf(given, 'rulesToken'), reason, write: 'nothing, or --rules https://…' });
  }
  if (options.dangerouslyOpenBucket && options.bucket?.kind === 'http') {
    faults.push({
      place: placeOf(given, 'dangerouslyOpenBucket'),
      value: 'true',
      reason: 'has a meaning only for a folder',
      write: 'nothing: leave it out',
    });
  }
  faults.push(...accessContradictions(options, given), ...folderKeyFaults(options, given));
  if (options.signature === 'v1' && SIGNING[store].v1 === null) {
    faults.push({
      place: placeOf(given, 'signature'),
      value: 'v1',
      reason: `is not available for store ${store}`,
      write: 'v4',
    });
  }
  return faults;
}

/** Keys of a folder: any other bucket checks signatures itself, and an open folder checks none. */
function folderKeyFaults({ bucket, bucketKeys, dangerouslyOpenBucket }: BucketOptions, given: GivenOptions) {
  if (bucketKeys === null || bucketKeys === undefined) return [];
  const place = placeOf(given, 'bucketKeys');
  const reason = 'has a meaning only for a folder: any other bucket checks signatures with its own keys';
  const write = 'nothing: leave it out, or --client-keys for keys that the edge checks';
  const open = placeOf(given, 'dangerouslyOpenBucket');
  return [
    ...(bucket?.kind === 'http' ? [{ place, reason, write }] : []),
    ...(dangerouslyOpenBucket
      ? [
          {
            place: open,
            value: 'true',
            reason: `stands beside ${place}, which closes the folder`,
            write: 'one of the two',
          },
        ]
      : []),
  ];
}

/** Options of access that have no meaning beside the others. */
function accessContradictions(options: BucketOptions, given: GivenOptions): Fault[] {
  const { rules, management, objects, clientKeys, signPrefix } = options;
  const faults: Fault[] = [];
  if (management === 'keep' && rules !== undefined && rules.kind !== 'bucket') {
    const reason = `stands beside ${placeOf(given, 'rules')}: the rules come from there, or clients write them`;
    faults.push({ place: placeOf(given, 'management'), value: management, reason, write: 'one of the two' });
  }
  const without = 'nothing: leave it out, or';
  if (clientKeys !== null && clientKeys !== undefined && management !== 'keep' && objects !== 'resign') {
    const reason = 'has a meaning only where the edge checks signatures';
    const write = `${without} --management keep or --objects resign`;
    faults.push({ place: placeOf(given, 'clientKeys'), reason, write });
  }
  if (signPrefix !== null && signPrefix !== undefined && objects !== 'sign') {
    const reason = 'has a meaning only where the edge signs reads';
    const place = placeOf(given, 'signPrefix');
    faults.push({ place, ...shown('signPrefix', signPrefix), reason, write: `${without} --objects sign` });
  }
  return faults;
}
