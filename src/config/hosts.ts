import type { Address } from '../bucket/transport.ts';
import type { Dialect } from '../cors/dialect.ts';

/** What an address tells of a bucket beside where it is; signatures need it. */
export interface HostFacts {
  readonly store?: Dialect;
  readonly name?: string;
  readonly region?: string;
  /** Where no region is told: the one to sign for unless another is given. */
  readonly defaultRegion?: string;
}

/** S3 names its region in every signature; stores that have none take this one. */
export const S3_DEFAULT_REGION = 'us-east-1';

/** What the vendors' own hosts tell of a bucket (semantics.md §7); nothing of any other host. */
export const knownHost = (address: Address): HostFacts => ossHost(address) ?? s3Host(address) ?? {};

/** Hosts that take a bucket's name before them and never in the path: all of OSS's own, and two kinds of AWS's. */
export const wantsNameBefore = (host: string): boolean =>
  /^(?:s3\.)?oss-[a-z0-9-]+\.aliyuncs\.com$/.test(host) ||
  /^s3-(?:accelerate|website)[.-].*amazonaws\.com(?:\.cn)?$/.test(host);

// A name has three characters at least, so that the label s3 is none.
const OSS_HOST = /^(?:([a-z0-9-]{3,63})\.)?(s3\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/;

/** OSS speaks the S3 protocol too; the hosts that are there for it begin with `s3.`. */
function ossHost({ host }: Address): HostFacts | null {
  const [, name, s3, region = ''] = OSS_HOST.exec(host) ?? [];
  if (region === '') return null;
  return {
    store: s3 === undefined ? 'oss' : 's3',
    ...(!region.startsWith('accelerate') && { region }),
    ...(name !== undefined && { name }),
  };
}

const S3_HOST = /^(?:(.+)\.)?s3(?:[.-](.+))?\.amazonaws\.com(?:\.cn)?$/;
const S3_REGION = /^(?:(?:fips|website)[.-])?(?:dualstack\.)?([a-z]{2,4}(?:-[a-z]+)+-\d+)$/;

function s3Host({ host, path }: Address): HostFacts | null {
  const [found, before, kind] = S3_HOST.exec(host) ?? [];
  if (found === undefined) return null;
  const name = before ?? (wantsNameBefore(host) ? undefined : path.split('/')[1]);
  const facts = { store: 's3', ...(name ? { name } : {}) } as const;
  // The global host leads to buckets of every region; only without another does it mean the first one.
  if (kind === undefined) return { ...facts, defaultRegion: S3_DEFAULT_REGION };
  if (kind === 'external-1') return { ...facts, region: 'us-east-1' };
  if (/^accelerate(?:\.dualstack)?$/.test(kind)) return facts;
  const [, region] = S3_REGION.exec(kind) ?? [];
  // An access point, say: what stands before it is no bucket's name.
  return region === undefined ? { store: 's3' } : { ...facts, region };
}
