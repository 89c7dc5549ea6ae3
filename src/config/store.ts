import { configuredName } from '../bucket/host.ts';
import type { Fault } from '../document/fault.ts';
import type { Fields } from '../document/fields.ts';
import { BUCKET_OPTIONS, type BucketOptionName } from './options.ts';
import { type BucketOptions, type Config, type GivenOptions, readStoreOptions } from './read.ts';
import { withoutSecrets } from './secrets.ts';
import { parseStoreUrl, type StorePlace, type StoreStyle, styleAt, styleFault } from './store-url.ts';

type NotOfStore = 'bucket' | 'bucketName' | 'bucketKeys' | 'dangerouslyOpenBucket';
const NOT_OF_STORE: readonly string[] = [
  'bucket',
  'bucketName',
  'bucketKeys',
  'dangerouslyOpenBucket',
] satisfies NotOfStore[];

/** The options of a bucket that apply to all buckets of a store. */
export const STORE_OPTIONS: readonly BucketOptionName[] = BUCKET_OPTIONS.filter(
  (name) => !NOT_OF_STORE.includes(name),
);

/** Keys of a store beside its options. */
export const STORE_KEYS = ['url', 'style', 'hosts', 'paths', 'allow', 'deny'] as const;

/** All buckets of a store, and which requests name one. */
export interface StoreConfig extends Omit<BucketOptions, NotOfStore> {
  readonly place: StorePlace;
  readonly style: StoreStyle;
  /** Hosts of the service itself; null: every host that no bucket names. */
  readonly hosts: readonly string[] | null;
  /** What follows the bucket's name in a host: `.files.example.com`. */
  readonly suffixes: readonly string[];
  /** What precedes the bucket's name in a path: empty or `/s3`. Null: no path names a bucket. */
  readonly paths: string | null;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** The store that the options themselves name: every path names a bucket, at every host. */
export function onlyStore(config: Config): StoreConfig | null {
  const { storeUrl: place } = config;
  if (place === null) return null;
  const options = Object.fromEntries(STORE_OPTIONS.map((name) => [name, config[name]])) as Omit<
    BucketOptions,
    NotOfStore
  >;
  return { ...options, place, style: styleAt(place), hosts: null, suffixes: [], paths: '' };
}

/** Reads the entry `store` of a file; adds its faults. `given`: its options, taken out of `fields`. */
export function takeStore(
  fields: Fields,
  given: GivenOptions,
  at: string,
  faults: Fault[],
): StoreConfig | null {
  const before = faults.length;
  const fault = (key: string, value: unknown, reason: string, write: string): null => {
    const shown = typeof value === 'string' ? withoutSecrets(value) : null;
    faults.push({ place: `${at}: ${key}`, ...(shown !== null && { value: shown }), reason, write });
    return null;
  };
  const place = takeUrl(fields.url, fault);
  const style = place === null ? null : takeStyle(fields.style, place, fault);
  const { hosts, suffixes } = takeHosts(fields.hosts, fault);
  const paths = takePaths(fields.paths, suffixes.length > 0, fault);
  const lists = { ...takeList('allow', fields.allow, fault), ...takeList('deny', fields.deny, fault) };
  const read = readStoreOptions(STORE_OPTIONS, given, place);
  if (!read.ok) faults.push(...read.faults);
  if (!read.ok || place === null || style === null || faults.length > before) return null;
  if (read.value.objects === 'sign' && lists.allow === undefined)
    fault('objects', 'sign', OPENS_ALL, 'beside it "allow", with the names of the buckets that are public');
  if (read.value.keepHost) keepHostFaults({ style, hosts, suffixes, paths }, fault);
  if (faults.length > before) return null;
  return { ...read.value, ...lists, place, style, hosts, suffixes, paths };
}

const OPENS_ALL = 'would let every client read every bucket of the store';

type AddFault = (key: string, value: unknown, reason: string, write: string) => null;

function takeUrl(url: unknown, fault: AddFault): StorePlace | null {
  const write = '"https://oss-cn-hangzhou.aliyuncs.com" or "http://127.0.0.1:9000"';
  if (url === undefined) return fault('url', url, 'is missing', write);
  if (typeof url !== 'string') return fault('url', url, 'is not a text', write);
  const parsed = parseStoreUrl(url);
  return 'value' in parsed ? parsed.value : fault('url', url, parsed.reason, parsed.write);
}

function takeStyle(style: unknown, place: StorePlace, fault: AddFault): StoreStyle | null {
  if (style === undefined) return styleAt(place);
  if (style !== 'host' && style !== 'path')
    return fault('style', style, 'is not one of the allowed values', '"host" or "path"');
  const wrong = styleFault(style, place);
  return wrong === null ? style : fault('style', style, wrong.reason, wrong.write);
}

const NAME = '{bucket}';

/** Hosts of the service, and patterns: a pattern without its first label is a host of the service too. */
function takeHosts(given: unknown, fault: AddFault): Pick<StoreConfig, 'hosts' | 'suffixes'> {
  if (given === undefined) return { hosts: null, suffixes: [] };
  const write = '["{bucket}.files.example.com"], without a port';
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) fault('hosts', given, 'is not a list of host names', write);
  const hosts = new Set<string>();
  const suffixes = new Set<string>();
  for (const text of list) {
    const isPattern = typeof text === 'string' && text.startsWith(`${NAME}.`);
    const name =
      typeof text === 'string' ? configuredName(isPattern ? text.slice(NAME.length + 1) : text) : null;
    if (name === null || (isPattern && /^\[|^(\d+\.)*\d+$/.test(name))) {
      fault('hosts', text, `is neither a host name nor ${NAME}. before one`, write);
      continue;
    }
    hosts.add(name);
    if (isPattern) suffixes.add(`.${name}`);
  }
  // The longest first: it names the most.
  return { hosts: [...hosts], suffixes: [...suffixes].sort((a, b) => b.length - a.length) };
}

function takePaths(given: unknown, hasPatterns: boolean, fault: AddFault): string | null {
  if (given === undefined || given === true) return '';
  if (given === false)
    return hasPatterns
      ? null
      : fault('paths', 'false', 'leaves no way to name a bucket', 'true, or hosts with {bucket}');
  const [, prefix] = (typeof given === 'string' && /^((?:\/[^/?#\\{}]+)*)\/\{bucket\}$/.exec(given)) || [];
  if (prefix !== undefined && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(prefix)) return prefix;
  return fault(
    'paths',
    given,
    'is neither a boolean nor a path that ends in /{bucket}',
    'true, false or "/s3/{bucket}"',
  );
}

function takeList(
  key: 'allow' | 'deny',
  given: unknown,
  fault: AddFault,
): { readonly [key: string]: readonly string[] } {
  if (given === undefined) return {};
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const write = '["media-*"]: names, with * for any characters';
  const isPattern = (one: unknown): one is string =>
    typeof one === 'string' && /^(?:[\w*]{1,64}:)?[a-z0-9.*-]{1,63}$/.test(one);
  const wrong = list.find((one) => !isPattern(one));
  if (list.length === 0) fault(key, undefined, 'is empty: no bucket would be served', write);
  else if (wrong !== undefined) fault(key, wrong, 'has a pattern that no name of a bucket can match', write);
  return { [key]: list.filter(isPattern) };
}

/**
 * With `keepHost` the store finds the bucket by the client's Host and path. It must find the one that the edge has found,
 * so a request may name it only in the way that the store reads.
 */
function keepHostFaults(
  { style, hosts, suffixes, paths }: Pick<StoreConfig, 'style' | 'hosts' | 'suffixes' | 'paths'>,
  fault: AddFault,
): void {
  const reason = 'would let a client name any other bucket of the store';
  if (hosts === null) {
    fault(
      'keepHost',
      undefined,
      `${reason}, since no hosts are named`,
      'beside it "hosts": ["files.example.com"]',
    );
  } else if (style === 'path' && suffixes.length > 0) {
    const write = 'hosts without {bucket}, or "style": "host" with "paths": false';
    fault('keepHost', undefined, `${reason}: its hosts name the bucket, and the store reads the path`, write);
  } else if (style === 'host' && (paths !== null || suffixes.length === 0)) {
    const write = '"paths": false, with hosts such as "{bucket}.files.example.com"';
    fault('keepHost', undefined, `${reason}: a path names the bucket, and the store reads the host`, write);
  }
}
