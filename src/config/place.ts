import { type AddressFault, isAddress, parseAddress } from '../bucket/address.ts';
import type { Address } from '../bucket/transport.ts';
import type { Dialect } from '../cors/dialect.ts';
import type { Parsed } from './values.ts';

/** Where a bucket is, as far as its address tells. */
export type BucketPlace =
  | {
      readonly kind: 'http';
      readonly address: Address;
      /** What the address tells of the bucket beside where it is; signatures need it. */
      readonly store?: Dialect;
      readonly name?: string;
      readonly region?: string;
    }
  | { readonly kind: 'folder'; readonly path: string };

/** Two letters at least before the colon, so that a drive's letter is a path. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const EXAMPLE =
  'oss://my-bucket?region=cn-hangzhou, s3://my-bucket?region=eu-central-1, an http(s) URL or a folder';

/** Reads a bucket's place: `oss://` or `s3://` and a name, an HTTP(S) URL, or the path of a folder. */
export function parseBucket(text: string): Parsed<BucketPlace> {
  if (text.trim() === '') return { reason: 'is empty', write: EXAMPLE };
  if (/^oss:/i.test(text)) return parseShort(text, OSS_PARAMETERS, ossPlace);
  if (/^s3:/i.test(text)) return parseShort(text, S3_PARAMETERS, s3Place);
  if (!HAS_SCHEME.test(text)) return { value: { kind: 'folder', path: text } };
  const address = parseAddress(text);
  return isAddress(address) ? { value: { kind: 'http', address, ...knownHost(address) } } : address;
}

type Parameters = Readonly<Record<string, string | undefined>>;

const OSS_PARAMETERS = ['region', 'endpoint', 'network'];
const S3_PARAMETERS = ['region', 'endpoint', 'style'];

/** Takes `scheme://name?parameters` apart; an unknown parameter is a fault. */
function parseShort(
  text: string,
  known: readonly string[],
  place: (name: string, parameters: Parameters) => Parsed<BucketPlace>,
): Parsed<BucketPlace> {
  const [, name = '', query = ''] =
    /^\w+:\/\/([A-Za-z0-9][A-Za-z0-9.-]{1,62})\/?(?:\?([^#]*))?$/.exec(text) ?? [];
  if (name === '') return { reason: 'has no name of a bucket after the ://', write: EXAMPLE };
  const given = [...new URLSearchParams(query)];
  const parameters = Object.fromEntries(given);
  const stranger = Object.keys(parameters).find((parameter) => !known.includes(parameter));
  if (stranger !== undefined) {
    return { reason: `has a parameter ${stranger} that is none of its own`, write: known.join(', ') };
  }
  const twice = given.find(([parameter, value]) => parameters[parameter] !== value);
  if (twice !== undefined || given.length > Object.keys(parameters).length) {
    return { reason: `has ${twice?.[0] ?? 'a parameter'} twice`, write: 'each parameter once' };
  }
  return place(name, parameters);
}

/** Alibaba Cloud's hosts: public, internal to a region, or accelerated (semantics.md §7). */
function ossPlace(name: string, { region, endpoint, network }: Parameters): Parsed<BucketPlace> {
  if (region !== undefined && !/^[a-z]{2}-[a-z0-9-]+$/.test(region)) {
    return {
      reason: `has a region ${region} that is none of OSS's`,
      write: 'region=cn-hangzhou, without oss- before it',
    };
  }
  if (endpoint !== undefined && network !== undefined) {
    return { reason: 'has an endpoint and a network', write: 'endpoint=… or network=…, not both' };
  }
  if (endpoint !== undefined) return ossEndpoint(name, region, endpoint);
  if (region === undefined)
    return { reason: 'has neither a region nor an endpoint', write: 'region=cn-hangzhou after a ?' };
  const host = OSS_HOSTS.get(network ?? 'public')?.(region);
  if (host === undefined) {
    return {
      reason: `has a network ${network} that is none of OSS's`,
      write: [...OSS_HOSTS.keys()].join(', '),
    };
  }
  return { value: { kind: 'http', address: atHost(`${name}.${host}`), store: 'oss', name, region } };
}

/** Alibaba Cloud's own endpoints want the bucket's name before them; any other host is a custom domain. */
function ossEndpoint(name: string, region: string | undefined, endpoint: string): Parsed<BucketPlace> {
  const place = customPlace('oss', name, region, endpoint, '');
  if (!('value' in place) || place.value.kind !== 'http') return place;
  const { address } = place.value;
  if (!/^oss-[a-z0-9-]+\.aliyuncs\.com$/.test(address.host)) return place;
  const host = `${name}.${address.host}`;
  const full = { ...address, host, base: address.base.replace('://', `://${name}.`) };
  return { value: { ...knownHost(full), ...place.value, address: full } };
}

const OSS_HOSTS: ReadonlyMap<string, (region: string) => string> = new Map([
  ['public', (region: string) => `oss-${region}.aliyuncs.com`],
  ['internal', (region: string) => `oss-${region}-internal.aliyuncs.com`],
  ['accelerate', () => 'oss-accelerate.aliyuncs.com'],
  ['accelerate-overseas', () => 'oss-accelerate-overseas.aliyuncs.com'],
]);

/** AWS by region; any other store by its endpoint, path-style unless it is said to be virtual-hosted. */
function s3Place(name: string, { region, endpoint, style }: Parameters): Parsed<BucketPlace> {
  if (region !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    return { reason: 'has a region that is none', write: 'region=eu-central-1, say' };
  }
  if (style !== undefined && style !== 'path' && style !== 'virtual') {
    return { reason: `has a style ${style} that is none`, write: 'style=path or style=virtual' };
  }
  if (endpoint !== undefined) {
    if (style !== 'virtual') return customPlace('s3', name, region, endpoint, `/${name}`);
    return virtualPlace(name, region, endpoint);
  }
  if (region === undefined)
    return { reason: 'has neither a region nor an endpoint', write: 'region=us-east-1 after a ?' };
  // A dot in a name is no label of the certificate *.s3.region.amazonaws.com.
  const byPath = style === 'path' || (style === undefined && name.includes('.'));
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const address = byPath ? { ...atHost(host), path: `/${name}` } : atHost(`${name}.${host}`);
  return { value: { kind: 'http', address, store: 's3', name, region } };
}

function customPlace(
  store: Dialect,
  name: string,
  region: string | undefined,
  endpoint: string,
  path: string,
): Parsed<BucketPlace> {
  const address = parseEndpoint(endpoint);
  if (!isAddress(address)) return address;
  const fault = contradiction(store, region, address);
  if (fault !== null) return fault;
  const known = region ?? knownHost(address).region ?? (store === 's3' ? 'us-east-1' : undefined);
  const place = { kind: 'http', address: { ...address, path: address.path + path }, store, name } as const;
  return { value: known === undefined ? place : { ...place, region: known } };
}

/** What an endpoint of a vendor's own says against the rest. */
function contradiction(store: Dialect, region: string | undefined, address: Address): AddressFault | null {
  const known = knownHost(address);
  if (known.store !== undefined && known.store !== store) {
    return { reason: `has an endpoint of store ${known.store}`, write: `${known.store}:// before the name` };
  }
  if (known.name !== undefined) {
    return {
      reason: 'has an endpoint that names a bucket itself',
      write: 'the endpoint without the name before it',
    };
  }
  if (region !== undefined && known.region !== undefined && region !== known.region) {
    return {
      reason: `has region ${region} and an endpoint in ${known.region}`,
      write: 'one of the two regions',
    };
  }
  return null;
}

function virtualPlace(name: string, given: string | undefined, endpoint: string): Parsed<BucketPlace> {
  const address = parseEndpoint(endpoint);
  if (!isAddress(address)) return address;
  const fault = contradiction('s3', given, address);
  if (fault !== null) return fault;
  const region = given ?? knownHost(address).region ?? 'us-east-1';
  if (/^(\d+\.){3}\d+(:|$)|^\[/.test(address.host)) {
    return {
      reason: 'has style=virtual and an IP address, which no name can stand before',
      write: 'style=path',
    };
  }
  const host = `${name}.${address.host}`;
  const base = address.base.replace('://', `://${name}.`);
  return { value: { kind: 'http', address: { ...address, base, host }, store: 's3', name, region } };
}

const parseEndpoint = (endpoint: string) =>
  parseAddress(HAS_SCHEME.test(endpoint) && endpoint.includes('://') ? endpoint : `https://${endpoint}`);

const atHost = (host: string): Address => ({ base: `https://${host}`, host, path: '' });

/** What the vendors' own hosts tell of a bucket. */
function knownHost({ host, path }: Address): { store?: Dialect; name?: string; region?: string } {
  const [, ossName, ossRegion] =
    /^(?:([a-z0-9-]+)\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host) ?? [];
  if (ossRegion !== undefined) {
    const region = ossRegion.startsWith('accelerate') ? {} : { region: ossRegion };
    return { store: 'oss', ...region, ...(ossName !== undefined && { name: ossName }) };
  }
  const [, s3Name, s3Region] = /^(?:(.+)\.)?s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(host) ?? [];
  if (s3Region === undefined) return {};
  if (s3Region === 'accelerate')
    return s3Name === undefined ? { store: 's3' } : { store: 's3', name: s3Name };
  const name = s3Name ?? path.split('/')[1];
  return name ? { store: 's3', name, region: s3Region } : { store: 's3', region: s3Region };
}
