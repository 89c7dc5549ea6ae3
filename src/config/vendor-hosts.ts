import type { AddressFault } from '../bucket/address.ts';
import { hostName } from '../bucket/host.ts';
import type { Address } from '../bucket/transport.ts';
import type { Dialect } from '../cors/behaviour.ts';

/** What a host name says about a bucket. Signatures need it. */
export interface HostFacts {
  readonly store?: Dialect;
  readonly name?: string;
  readonly region?: string;
  /** The region to sign for when the host names no region and no option gives one. */
  readonly defaultRegion?: string;
}

/** Every S3 signature contains a region. Stores without regions accept this one. */
export const S3_DEFAULT_REGION = 'us-east-1';

/** What a vendor's host says about a bucket (semantics.md §7); empty for any other host. */
export const knownHost = (address: Address): HostFacts => ossHost(address) ?? s3Host(address) ?? {};

/** True for hosts that take a bucket's name only as a subdomain: all of OSS's own, and two kinds of AWS's. */
export function wantsNameBefore(host: string): boolean {
  const oss = ossHost({ host });
  if (oss !== null) return oss.name === undefined;
  return /^s3-(?:accelerate(?:\.dualstack)?|website[.-][a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.test(
    hostName(host),
  );
}

// The label s3 is not a bucket: names have at least three characters.
const OSS_HOST =
  /^(?:(?!s3\.oss-)(?<name>.+?)\.)?(?<s3>s3\.)?oss-(?<region>accelerate|accelerate-overseas|[a-z]{2}-[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/;
// The old host oss.aliyuncs.com also takes names as subdomains, so only known prefixes of regions count.
const OSS_DUAL_STACK = /^(?:(?<name>.+)\.)?(?<region>(?:ap|cn|eu|me|na|us)-[a-z0-9-]+)\.oss\.aliyuncs\.com$/;

/** OSS also speaks the S3 protocol, on hosts that begin with `s3.`. */
function ossHost({ host }: Pick<Address, 'host'>): HostFacts | null {
  const whole = hostName(host);
  const found = OSS_HOST.exec(whole) ?? OSS_DUAL_STACK.exec(whole);
  if (found === null) return null;
  const { name, s3, region } = found.groups ?? {};
  return {
    store: s3 === undefined ? 'oss' : 's3',
    ...(region !== undefined && !region.startsWith('accelerate') && { region }),
    ...(name !== undefined && { name }),
  };
}

const S3_HOST = /^(?:(.+)\.)?s3(?:[.-](.+))?\.amazonaws\.com(?:\.cn)?$/;
const S3_REGION = /^(?:(?:fips|website)[.-])?(?:dualstack\.)?([a-z]{2,4}(?:-[a-z]+)+-\d+)$/;

function s3Host({ host, path }: Address): HostFacts | null {
  const [found, before, kind] = S3_HOST.exec(hostName(host)) ?? [];
  if (found === undefined) return null;
  const name = before ?? (wantsNameBefore(host) ? undefined : path.split('/')[1]);
  const facts = { store: 's3', ...(name ? { name } : {}) } as const;
  // The global host serves buckets of every region. Without a given region it stands for us-east-1.
  if (kind === undefined) return { ...facts, defaultRegion: S3_DEFAULT_REGION };
  if (kind === 'external-1') return { ...facts, region: 'us-east-1' };
  if (/^accelerate(?:\.dualstack)?$/.test(kind)) return facts;
  const [, region] = S3_REGION.exec(kind) ?? [];
  // An access point, for example: its first label is not a bucket's name.
  return region === undefined ? { store: 's3' } : { ...facts, region };
}

/** What applies for a kind of store at any address. */
interface Vendor {
  /** An endpoint's path takes the bucket's name, unless its host takes the name (`wantsNameBefore`). */
  readonly nameInPath: boolean;
  /** The region to sign for at a host that is not the vendor's own and that no option names a region for. */
  readonly defaultRegion?: string;
  /** The kinds of stores that the vendor's own hosts can be addressed as. */
  readonly hostsServe: readonly Dialect[];
  /** The form of all bucket names; null if it depends on the address. */
  readonly names: Names | null;
}

interface Names {
  readonly whose: string;
  readonly pattern: RegExp;
  readonly made: string;
}

const LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const LABEL_MADE = '3 to 63 lower-case letters, digits and hyphens, with a letter or digit first and last';

const OSS_NAMES: Names = { whose: 'a bucket at OSS', pattern: LABEL, made: LABEL_MADE };
const ACCELERATED: Names = { whose: 'a bucket under acceleration', pattern: LABEL, made: LABEL_MADE };
const S3_NAMES: Names = {
  whose: 'a bucket at S3',
  pattern: /^(?!.*\.\.)(?!(?:\d+\.){3}\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  made: LABEL_MADE.replace('digits and', 'digits, dots and'),
};
const HOST_NAMES: Names = { ...S3_NAMES, made: `${S3_NAMES.made}; or style=path for an older name` };

export const VENDORS: Readonly<Record<Dialect, Vendor>> = {
  oss: { nameInPath: false, hostsServe: ['oss', 's3'], names: OSS_NAMES },
  s3: { nameInPath: true, defaultRegion: S3_DEFAULT_REGION, hostsServe: ['s3'], names: null },
};

/** The form of bucket names at an address; null if the store decides. */
function namesAt(store: Dialect, name: string, address: Address): Names | null {
  const { names } = VENDORS[store];
  if (names !== null) return names;
  if (ossHost(address) !== null) return OSS_NAMES;
  if (/\.s3-accelerate\.(?:dualstack\.)?amazonaws\.com$/.test(hostName(address.host))) return ACCELERATED;
  // Buckets from before 2018 in us-east-1, and other stores' buckets, may have other names; those go in the path.
  const { region = S3_DEFAULT_REGION } = s3Host(address) ?? {};
  if (region !== S3_DEFAULT_REGION) return S3_NAMES;
  return address.path.split('/').includes(name) ? null : HOST_NAMES;
}

/** Why no bucket can have this address and these facts; null if one can, or if that is unknown. */
export function placeFault(address: Address, facts: HostFacts): AddressFault | null {
  const { store, name } = facts;
  if (store === undefined) return null;
  if (name === undefined) return namelessFault(address, facts);
  const names = namesAt(store, name, address);
  if (names === null || names.pattern.test(name)) return null;
  const lower = name.toLowerCase();
  return {
    reason: `has the name ${name}, which is not a valid name of ${names.whose}`,
    write: `a name such as ${names.pattern.test(lower) ? lower : 'my-bucket'}: ${names.made}`,
  };
}

/** A vendor's endpoint without a bucket. Hosts of access points have no region here, so they are not faults. */
function namelessFault({ base, host, path }: Address, { region, defaultRegion }: HostFacts) {
  const before = wantsNameBefore(host);
  if (!before && region === undefined && defaultRegion === undefined) return null;
  const first = path.split('/')[1] ?? '';
  return {
    reason:
      before && first !== ''
        ? `has a path after ${host}, which takes a bucket's name only as a subdomain`
        : `does not name a bucket, and ${host} serves all of them`,
    write: base.replace('://', `://${LABEL.test(first) ? first : 'my-bucket'}.`),
  };
}
