import type { Address, Exchange, Sign } from '../bucket/transport.ts';
import type { RulesInForce } from '../rules/held.ts';

/** A bucket as the edge serves it. */
export interface Bucket {
  readonly name: string;
  readonly address: Address;
  readonly rules: {
    /** `background` takes loads that outlive the request. */
    current(background: Exchange['background']): RulesInForce | Promise<RulesInForce>;
    /** A client has just changed the rules at the store: the next request is decided by the new ones. */
    refresh(background: Exchange['background']): void;
  };
  /** Host names without a port; absent: every host that no other bucket names. */
  readonly hosts?: readonly string[];
  /** A path prefix such as `/media`, without a slash at its end. */
  readonly prefix?: string;
  /** The bucket sees the prefix too. */
  readonly keepPrefix?: boolean;
  /** The bucket gets the client's Host, not its own. */
  readonly keepHost?: boolean;
  /** The clients are proxies of one's own: what they tell of earlier hops is passed on. */
  readonly trustForwarded?: boolean;
  /** Commands of the bucket to a proxy in front (`X-Accel-Redirect`) are passed on. */
  readonly passProxyCommands?: boolean;
  readonly sign?: Sign;
}

/** A request's place: whose it is and what the bucket shall be asked for. */
export type Route =
  | {
      readonly bucket: Bucket;
      /** What the bucket shall be asked for. */
      readonly target: string;
      /** The same without the prefix: `/` and a query is the bucket itself, anything longer an object. */
      readonly key: string;
    }
  | { readonly bucket: null; readonly fault: 'NoSuchBucket' | 'InvalidURI' };

export type Router = (host: string, target: string) => Route;

const ANY_HOST = '';

/**
 * Finds a request's bucket by host, then by the longest path prefix, on the raw target (design.md).
 * Throws when two buckets claim the same place.
 */
export function createRouter(buckets: readonly Bucket[]): Router {
  const hosts = new Map<string, Map<string, Bucket>>();
  for (const bucket of buckets) {
    checkPrefix(bucket);
    for (const given of bucket.hosts ?? [ANY_HOST]) {
      const host = given.toLowerCase();
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
  return (host, target) => {
    const place = places.get(hostName(host)) ?? places.get(ANY_HOST);
    return place === undefined ? { bucket: null, fault: 'NoSuchBucket' } : findByPrefix(place, target);
  };
}

function checkPrefix({ name, prefix = '' }: Bucket): void {
  if (prefix === '' || (prefix.startsWith('/') && !prefix.endsWith('/'))) return;
  throw new Error(
    `bucket ${name} has the prefix "${prefix}": write one like /media, without a slash at its end`,
  );
}

interface Place {
  readonly prefixes: ReadonlyMap<string, Bucket>;
  /** Distinct lengths, longest first. */
  readonly lengths: readonly number[];
}

function sortPrefixes(prefixes: ReadonlyMap<string, Bucket>): Place {
  const lengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))];
  return { prefixes, lengths: lengths.sort((a, b) => b - a) };
}

function findByPrefix({ prefixes, lengths }: Place, target: string): Route {
  const routed = lengths.length > 1 || lengths[0] !== 0;
  // A dot segment would let a path under one prefix reach what lies under another.
  if (routed && hasDotSegment(target)) return { bucket: null, fault: 'InvalidURI' };
  for (const length of lengths) {
    const after = target[length];
    if (length > 0 && after !== undefined && after !== '/' && after !== '?') continue;
    const bucket = prefixes.get(target.slice(0, length));
    if (bucket === undefined) continue;
    // The same at a path-style store, whose buckets are told apart by a prefix too.
    if (bucket.address.path !== '' && hasDotSegment(target)) return { bucket: null, fault: 'InvalidURI' };
    const key = rooted(target.slice(length));
    return { bucket, key, target: bucket.keepPrefix ? target : key };
  }
  return { bucket: null, fault: 'NoSuchBucket' };
}

const rooted = (rest: string): string => (rest.startsWith('/') ? rest : `/${rest}`);

/** `Example.com:8080` is the host `example.com`. */
function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  const bare = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  return bare.toLowerCase();
}

/** The part of a target before its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/**
 * Also where a bucket that decodes the path would see one (`%2e`, encoded slashes, backslashes), or takes off the
 * parameters of its segments (`..;a`).
 */
function hasDotSegment(target: string): boolean {
  const seen = pathOf(target)
    .replace(/%2e/gi, '.')
    .replace(/%3b/gi, ';')
    .replace(/%2f|%5c|\\/gi, '/');
  return seen.split('/').some((segment) => {
    const [bare] = segment.split(';', 1);
    return bare === '.' || bare === '..';
  });
}

/**
 * Splits an absolute-form target (`http://host/path`, RFC 9112 §3.2.2) into its host and origin-form;
 * leaves origin-form with the Host header. Null for what is neither, as with a fragment, which no target has;
 * `OPTIONS *` asks about the bucket itself.
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
