import { hostName } from '../bucket/host.ts';
import { decode } from '../bucket/sign/canonical.ts';
import type { Bucket } from './bucket.ts';
import { type Store, servesName } from './store.ts';

/** The bucket of a request, and the target for the bucket. */
export interface Found {
  readonly bucket: Bucket;
  /** The request-target that the bucket gets: its own path, then what the client wrote after the prefix. */
  readonly target: string;
  /** What follows the prefix, from its slash on: `/` and a query is the bucket itself, anything longer an object. */
  readonly key: string;
}

export type Route = Found | { readonly bucket: null; readonly fault: 'NoSuchBucket' | 'InvalidURI' };

export type Router = (host: string, target: string) => Route;

/**
 * Finds a request's bucket by host, then by the longest path prefix, on the raw target (docs/architecture.md). A request
 * that no bucket serves may name one of the store. Throws when two buckets claim the same place.
 */
export function createRouter(buckets: readonly Bucket[], store?: Store): Router {
  const hosts = new Map<string | null, Map<string, Bucket>>();
  for (const bucket of buckets) {
    checkPrefix(bucket);
    for (const host of bucket.hosts?.map(hostName) ?? [null]) {
      const prefixes = hosts.get(host) ?? new Map<string, Bucket>();
      const rival = prefixes.get(bucket.prefix ?? '');
      if (rival !== undefined) {
        throw new Error(
          `buckets ${rival.name} and ${bucket.name} claim the same host and prefix: give one another prefix`,
        );
      }
      hosts.set(host, prefixes.set(bucket.prefix ?? '', bucket));
    }
  }
  const places = new Map([...hosts].map(([host, prefixes]) => [host, sortPrefixes(prefixes)]));
  const atAnyHost = places.get(null);
  const named = places.size > (atAnyHost === undefined ? 0 : 1);
  if (store !== undefined) return besideStore(places, store);
  return (host, target) => {
    // Try the Host as received first: nearly every client spells it like the configuration.
    const place = (named && (places.get(host) ?? places.get(hostName(host)))) || atAnyHost;
    return place === undefined ? { bucket: null, fault: 'NoSuchBucket' } : findByPrefix(place, target);
  };
}

const NO_BUCKET: Route = { bucket: null, fault: 'NoSuchBucket' };
const NO_PATH: Route = { bucket: null, fault: 'InvalidURI' };

/** A bucket at its host and prefix comes before the store, and the store's hosts before buckets at every host. */
function besideStore(places: ReadonlyMap<string | null, Place>, store: Store): Router {
  const { hosts, suffixes, route } = store.plan;
  const atAnyHost = places.get(null);
  return (raw, target) => {
    const host = hostName(raw);
    const place = places.get(host);
    const found = place === undefined ? NO_BUCKET : findByPrefix(place, target);
    if (found !== NO_BUCKET) return found;
    // With `keepHost` the store reads the same Host, and might read another name in another spelling.
    if (route.keepHost && raw.replace(/:\d*$/, '').toLowerCase() !== host) return NO_BUCKET;
    if (hosts?.includes(host)) return findByPath(store, target);
    const suffix = suffixes.find((one) => host.endsWith(one));
    if (suffix !== undefined) return findByHost(store, host.slice(0, -suffix.length), target);
    if (place !== undefined) return NO_BUCKET;
    const anywhere = atAnyHost === undefined ? NO_BUCKET : findByPrefix(atAnyHost, target);
    return anywhere === NO_BUCKET && hosts === null ? findByPath(store, target) : anywhere;
  };
}

/** A bucket that is named by the host. */
function findByHost({ plan, bucketOf }: Store, name: string, target: string): Route {
  if (!servesName(plan, name)) return NO_BUCKET;
  const bucket = bucketOf(name);
  if (plan.style === 'host') return { bucket, target, key: target };
  if (hasDotSegment(target)) return NO_PATH;
  return { bucket, target: bucket.address.path + target, key: target };
}

/** A bucket that is named by the path, or the service itself. The store gets the path as it was written: it is signed. */
function findByPath({ plan, bucketOf, service }: Store, target: string): Route {
  const prefix = plan.paths ?? '';
  const rest = target.slice(prefix.length);
  const [, written, after = ''] = /^(?:\/([^/?]*))?(.*)$/s.exec(rest) ?? [];
  if (!target.startsWith(prefix) || (written === undefined && after !== '' && !after.startsWith('?')))
    return NO_BUCKET;
  if (!written) {
    if (after.startsWith('/')) return NO_PATH;
    return { bucket: service, target: plan.address.path + rooted(rest), key: rooted(rest) };
  }
  const name = written.replace(/%3a/i, ':');
  if (plan.paths === null || !servesName(plan, name)) return NO_BUCKET;
  if (hasDotSegment(after)) return NO_PATH;
  const sent = plan.style === 'path' ? `${plan.address.path}${rest}` : rooted(after);
  return { bucket: bucketOf(name), target: sent, key: rooted(after) };
}

function checkPrefix({ name, prefix = '' }: Bucket): void {
  if (prefix === '' || (prefix.startsWith('/') && !prefix.endsWith('/'))) return;
  throw new Error(
    `bucket ${name} has the prefix "${prefix}": write one like /media, without a slash at its end`,
  );
}

interface Prefixes {
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Distinct lengths, longest first. */
  readonly lengths: readonly number[];
}

interface Place extends Prefixes {
  /** The same with decoded prefixes, for decoded paths. */
  readonly decoded: Prefixes;
}

function sortPrefixes(buckets: ReadonlyMap<string, Bucket>): Place {
  const decoded = new Map([...buckets].map(([prefix, bucket]) => [decode(prefix), bucket]));
  return { ...byLength(buckets), decoded: byLength(decoded) };
}

function byLength(buckets: ReadonlyMap<string, Bucket>): Prefixes {
  const lengths = [...new Set([...buckets.keys()].map((prefix) => prefix.length))];
  return { buckets, lengths: lengths.sort((a, b) => b - a) };
}

function findByPrefix(place: Place, target: string): Route {
  const found = longest(place, target);
  const routed = place.lengths.length > 1 || place.lengths[0] !== 0;
  // A dot segment would let a path under one prefix reach what lies under another.
  if (routed && hasDotSegment(target)) return NO_PATH;
  if (found === null) return NO_BUCKET;
  const { bucket, length } = found;
  if (routed && isAmbiguous(place, bucket, target)) return NO_PATH;
  // A path-style store has other buckets beside this one's path.
  if (bucket.address.path !== '' && hasDotSegment(target)) return NO_PATH;
  const rest = target.slice(length);
  const sent = bucket.address.path + (bucket.keepPrefix ? target : rest);
  return { bucket, target: rooted(sent), key: rooted(rest) };
}

interface Longest {
  readonly bucket: Bucket;
  readonly length: number;
}

function longest({ buckets, lengths }: Prefixes, target: string): Longest | null {
  for (const length of lengths) {
    const after = target[length];
    if (length > 0 && after !== undefined && after !== '/' && after !== '?') continue;
    const bucket = buckets.get(target.slice(0, length));
    if (bucket !== undefined) return { bucket, length };
  }
  return null;
}

/**
 * Whether the decoded path is below the prefix of another bucket. SigV4 covers the decoded path: a signature for one
 * bucket would be valid for the other, under the same key.
 */
function isAmbiguous({ decoded }: Place, found: Bucket, target: string): boolean {
  const path = pathOf(target);
  return path.includes('%') && longest(decoded, decode(path))?.bucket !== found;
}

/**
 * A request-target has a path (RFC 9112 §3.2.1). A bucket that is a host gets `/?cors` for `/prefix?cors`. That breaks no
 * signature: OSS V1 and V4 sign the bucket and the key, and SigV4 signs a path that such a bucket never gets. A bucket at
 * a path has one already and gets no slash: SigV4 signs `/name?cors` and `/name/?cors` differently, and clients send both
 * (semantics.md §7).
 */
export const rooted = (target: string): string => (target.startsWith('/') ? target : `/${target}`);

/** The part of a target before its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** A dot segment begins with a dot after a separator, each of them perhaps encoded. Most targets have neither. */
const MAY_HAVE_DOTS = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e)/i;

/** Whether a bucket may see a dot segment in a target. */
const hasDotSegment = (target: string): boolean =>
  MAY_HAVE_DOTS.test(target) &&
  segmentsSeen(pathOf(target)).some((segment) => segment === '.' || segment === '..');

/**
 * The segments of a path as a bucket may see them: some decode the path first (`%2e`, encoded slashes, backslashes), and
 * some remove parameters from its segments (`..;a`).
 */
export function segmentsSeen(path: string): string[] {
  const seen = path
    .replace(/%2e/gi, '.')
    .replace(/%3b/gi, ';')
    .replace(/%2f|%5c|\\/gi, '/');
  return seen.split('/').map((segment) => segment.split(';', 1)[0] ?? '');
}

/**
 * Splits an absolute-form target (`http://host/path`, RFC 9112 §3.2.2) into its host and origin-form. Returns an
 * origin-form target with the Host header, and `/` for `OPTIONS *`. Null for any other target, also for one with a
 * fragment.
 */
export function originForm(
  method: string,
  target: string,
  host: string,
): { host: string; target: string } | null {
  if (target.includes('#')) return null;
  if (target.startsWith('/')) return { host, target };
  if (target === '*' && method === 'OPTIONS') return { host, target: '/' };
  const absolute = /^https?:\/\/([^/?#@]+)([/?].*)?$/is.exec(target);
  if (absolute === null) return null;
  const rest = absolute[2] ?? '/';
  return { host: absolute[1] ?? host, target: rooted(rest) };
}
