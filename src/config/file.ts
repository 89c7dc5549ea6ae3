import { type Fault, type Result, resultOf } from '../document/fault.ts';
import { type Fields, isFields } from '../document/fields.ts';
import { parseJson } from '../document/jsontext.ts';
import { BUCKET_OPTIONS, OPTION_NAMES, OPTIONS, type OptionName, optionOf } from './options.ts';
import {
  type BucketOptions,
  type Config,
  type Given,
  type GivenOptions,
  optionFaults,
  readBucketOptions,
} from './read.ts';
import { ROUTE_KEYS, type Route, routeConflicts, takeRoute } from './route.ts';
import { shownName } from './secrets.ts';
import { STORE_KEYS, STORE_OPTIONS, type StoreConfig, takeStore } from './store.ts';
import type { ValueSchema } from './value-schema.ts';

/** One bucket of several: its options, and the place where requests find it. */
export interface BucketConfig extends BucketOptions, Route {
  readonly name: string;
  /** Load its rules at the start. */
  readonly preload: boolean;
}

/** The one bucket that the options themselves name; its name is taken from its place. */
export function onlyBucket(config: Config): BucketConfig {
  const options = Object.fromEntries(BUCKET_OPTIONS.map((name) => [name, config[name]])) as BucketOptions;
  return { ...options, name: '', keepPrefix: false, preload: true };
}

export interface ConfigFile {
  readonly options: GivenOptions;
  readonly buckets: readonly BucketConfig[];
  /** Null: only the buckets are served. */
  readonly store: StoreConfig | null;
}

/** Options of the process that a file can set; the others are under each bucket. */
export const FILE_OPTIONS: readonly OptionName[] = OPTION_NAMES.filter(
  (name) => name !== 'config' && name !== 'storeUrl' && optionOf(name).scope !== 'bucket',
);

/** Reads a configuration file whole: every fault, or options, buckets and the store. `file` names it in places. */
export function readConfigFile(text: string, file: string): Result<ConfigFile> {
  const json = parseJson(text);
  if (!json.ok) return { ok: false, faults: [{ ...json.fault, place: `${file}: ${json.fault.place}` }] };
  const faults: Fault[] = json.repeated.map((fault) => ({ ...fault, place: `${file}: ${fault.place}` }));
  const parsed: unknown = JSON.parse(text);
  if (!isFields(parsed)) {
    const write = '{"buckets": {"NAME": {"bucket": "oss://…"}}}';
    return { ok: false, faults: [{ place: file, reason: 'is JSON, but not an object', write }] };
  }
  const { buckets, store, $schema: _, ...rest } = parsed;
  const known = [...FILE_OPTIONS, 'buckets', 'store', '$schema'];
  const options = takeOptions(rest, FILE_OPTIONS, file, known, faults);
  faults.push(...optionFaults(options));
  const read = buckets === undefined && store !== undefined ? [] : takeBuckets(buckets, file, faults);
  faults.push(...routeConflicts(read, file));
  const all = takeStoreEntry(store, file, faults);
  faults.push(...hiddenStore(all, read, file));
  return resultOf({ options, buckets: read, store: all }, faults);
}

function takeStoreEntry(fields: unknown, file: string, faults: Fault[]): StoreConfig | null {
  if (fields === undefined) return null;
  const place = `${file}: store`;
  if (!isFields(fields)) {
    faults.push({ place, reason: 'is not an object', write: '{"url": "http://127.0.0.1:9000"}' });
    return null;
  }
  const given = takeOptions(fields, STORE_OPTIONS, place, [...STORE_OPTIONS, ...STORE_KEYS], faults);
  return takeStore(fields, given, place, faults);
}

/** Buckets that take every request which could select the store. */
function hiddenStore(store: StoreConfig | null, buckets: readonly BucketConfig[], file: string): Fault[] {
  if (store === null || store.suffixes.length > 0) return [];
  const whole = buckets.filter(({ prefix }) => prefix === undefined);
  const hiding = (store.hosts ?? [null]).map((host) =>
    whole.find(({ hosts }) => (host === null ? hosts === undefined : hosts?.includes(host))),
  );
  const [first] = hiding;
  if (first === undefined || hiding.includes(undefined)) return [];
  const reason = `is never asked: the bucket ${shownName(first.name)} serves every path there`;
  const write = 'other hosts or a prefix for that bucket, or other hosts for the store';
  return [{ place: `${file}: store`, reason, write }];
}

function takeOptions(
  fields: Fields,
  names: readonly OptionName[],
  place: string,
  known: readonly string[],
  faults: Fault[],
): GivenOptions {
  const given: GivenOptions = {};
  for (const [key, value] of Object.entries(fields)) {
    const name = names.find((option) => option === key);
    const at = `${place}: ${shownName(key)}`;
    if (name === undefined) {
      if (!known.includes(key))
        faults.push({ place: at, reason: 'is not an option', write: known.join(', ') });
    } else if (isTaken(value, optionOf(name).parse.schema)) {
      given[name] = { place: at, text: String(value) } satisfies Given;
    } else {
      const reason = `is not ${nounsOf(optionOf(name).parse.schema)}`;
      faults.push({ place: at, reason, write: `"${OPTIONS[name].example}"` });
    }
  }
  return given;
}

/** The types of JSON that an option takes; a number of any kind is read as text, so that its fault shows it. */
const isTaken = (value: unknown, { type }: ValueSchema): value is string | number | boolean =>
  typeof value === 'string' ||
  (typeof value === 'number' && type.includes('integer')) ||
  (typeof value === 'boolean' && type.includes('boolean'));

const NOUNS = { integer: 'a number', boolean: 'a boolean', string: 'a text' } as const;

const nounsOf = ({ type }: ValueSchema): string => type.map((one) => NOUNS[one]).join(' or ');

function takeBuckets(value: unknown, file: string, faults: Fault[]): BucketConfig[] {
  if (!isFields(value) || Object.keys(value).length === 0) {
    faults.push({
      place: `${file}: buckets`,
      reason: 'is not an object with buckets',
      write: '{"NAME": {"bucket": "…"}}',
    });
    return [];
  }
  return Object.entries(value).flatMap(([name, fields]) => {
    const place = `${file}: buckets.${shownName(name)}`;
    if (isFields(fields)) return takeBucket(name, fields, place, faults) ?? [];
    faults.push({ place, reason: 'is not an object', write: '{"bucket": "oss://NAME?region=cn-hangzhou"}' });
    return [];
  });
}

function takeBucket(name: string, fields: Fields, place: string, faults: Fault[]): BucketConfig | null {
  const known = [...BUCKET_OPTIONS, ...ROUTE_KEYS];
  const found = faults.length;
  if (!/^[\w.-]{1,128}$/.test(name)) {
    faults.push({
      place,
      reason: 'has an invalid name',
      write: 'letters, digits, dots, hyphens, underscores',
    });
  }
  const given = takeOptions(fields, BUCKET_OPTIONS, place, known, faults);
  if (given.bucket === undefined && !('bucket' in fields)) {
    faults.push({
      place: `${place}: bucket`,
      reason: 'is missing',
      write: '"oss://NAME?region=cn-hangzhou"',
    });
  }
  const route = takeRoute(fields, place, faults);
  const read = readBucketOptions(given);
  if (!read.ok) faults.push(...read.faults);
  else if (read.value.keepHost && !('hosts' in fields)) {
    faults.push({
      place: `${place}: keepHost`,
      reason: 'would let a client name any other bucket of the store, since no hosts are named',
      write: 'beside it "hosts": ["files.example.com"]',
    });
  }
  return read.ok && faults.length === found ? { ...read.value, ...route, name } : null;
}
