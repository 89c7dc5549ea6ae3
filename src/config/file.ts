import { configuredName } from '../bucket/host.ts';
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
import { withoutSecrets } from './secrets.ts';
import { STORE_KEYS, STORE_OPTIONS, type StoreConfig, takeStore } from './store.ts';
import type { ValueSchema } from './value-schema.ts';

/** One bucket of several: its options, and the place where requests find it. */
export interface BucketConfig extends BucketOptions {
  readonly name: string;
  /** Absent: every host that no other bucket names. */
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  readonly keepPrefix: boolean;
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

/** Keys of a bucket beside its options: which requests it serves. */
export const ROUTE_KEYS = ['hosts', 'prefix', 'keepPrefix', 'preload'] as const;

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

/** A key as a part of a place; one may be a URL with a password by mistake. */
const shownName = (key: string): string => withoutSecrets(key) ?? '(a key that may be a secret)';

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

function takeRoute(fields: Fields, place: string, faults: Fault[]) {
  const { hosts, prefix, keepPrefix = false, preload = false } = fields;
  const names = hosts === undefined ? undefined : takeHosts(hosts, `${place}: hosts`, faults);
  if (prefix !== undefined && !(typeof prefix === 'string' && isPrefix(prefix))) {
    faults.push({
      place: `${place}: prefix`,
      reason: 'is not a path prefix',
      write: '"/media", without a slash at the end',
    });
  }
  for (const [key, value] of Object.entries({ keepPrefix, preload })) {
    if (typeof value !== 'boolean')
      faults.push({ place: `${place}: ${key}`, reason: 'is not a boolean', write: 'true or false' });
  }
  return {
    ...(names !== undefined && { hosts: names }),
    ...(typeof prefix === 'string' && { prefix }),
    keepPrefix: keepPrefix === true,
    preload: preload === true,
  };
}

/** A prefix with a dot segment matches no request: the edge refuses those. */
const isPrefix = (prefix: string): boolean =>
  /^(\/[^/?#\\]+)+$/.test(prefix) && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(prefix);

/** Host names in the form that requests are compared in. */
function takeHosts(given: unknown, place: string, faults: Fault[]): readonly string[] {
  const write = '["files.example.com"], without a port';
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) faults.push({ place, reason: 'is not a list of host names', write });
  const names = new Set<string>();
  for (const text of list) {
    const name = typeof text === 'string' ? configuredName(text) : null;
    if (name === null) {
      const shown = withoutSecrets(String(text));
      const value = shown === null ? {} : { value: shown };
      faults.push({ place, ...value, reason: 'is not a host name', write });
    } else if (names.has(name)) {
      faults.push({
        place,
        value: shownName(String(text)),
        reason: 'is listed twice',
        write: 'each host once',
      });
    } else names.add(name);
  }
  return [...names];
}

/** Two buckets with the same host and prefix: no request could select one of them. */
function routeConflicts(buckets: readonly BucketConfig[], file: string): Fault[] {
  const taken = new Map<string, string>();
  return buckets.flatMap(({ name, hosts = [''], prefix = '' }) =>
    hosts.flatMap((host) => {
      const where = `${host}${prefix}`;
      const other = taken.get(where);
      taken.set(where, other ?? name);
      if (other === undefined || other === name) return [];
      const value = where === '' ? 'every host' : shownName(where);
      const place = `${file}: buckets.${shownName(name)}`;
      return [
        {
          place,
          value,
          reason: `is already served by ${shownName(other)}`,
          write: 'other hosts, or another prefix',
        },
      ];
    }),
  );
}
