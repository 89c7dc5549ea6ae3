import { type AddressFault, isAddress, parseAddress } from '../bucket/address.ts';
import type { Address } from '../bucket/transport.ts';
import type { Dialect } from '../cors/behaviour.ts';
import type { Parsed } from './values.ts';
import { type HostFacts, knownHost, placeFault, VENDORS, wantsNameBefore } from './vendor-hosts.ts';

/** Where a bucket is, and what its address says of it. */
export type BucketPlace =
  | ({ readonly kind: 'http'; readonly address: Address } & HostFacts)
  | { readonly kind: 'folder'; readonly path: string };

/** Two letters at least before the colon, so that a drive's letter is a path. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const EXAMPLE =
  'oss://my-bucket?region=cn-hangzhou, s3://my-bucket?region=eu-central-1, an http(s) URL or a folder';

/** Reads a bucket's place: `oss://` or `s3://` and a name, an HTTP(S) URL, or the path of a folder. */
export function parseBucket(text: string): Parsed<BucketPlace> {
  const parsed = parsePlace(text);
  if (!('value' in parsed) || parsed.value.kind === 'folder') return parsed;
  return placeFault(parsed.value.address, parsed.value) ?? parsed;
}

function parsePlace(text: string): Parsed<BucketPlace> {
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
    /^\w+:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,254})\/?(?:\?([^#]*))?$/.exec(text) ?? [];
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
  const [, within] = /^(.+)-internal$/.exec(region ?? '') ?? [];
  if (within !== undefined) {
    return {
      reason: `has a region ${region}, which is the internal network of region ${within}`,
      write: `region=${within}${endpoint === undefined ? '&network=internal' : ''}`,
    };
  }
  if (endpoint !== undefined && network !== undefined) {
    return { reason: 'has an endpoint and a network', write: 'endpoint=… or network=…, not both' };
  }
  if (endpoint !== undefined) return endpointPlace('oss', name, { region, endpoint });
  const host = OSS_HOSTS.get(network ?? 'public');
  if (host === undefined) {
    return {
      reason: `has a network ${network} that is none of OSS's`,
      write: [...OSS_HOSTS.keys()].join(', '),
    };
  }
  if (region === undefined && host.includes('REGION')) {
    return {
      reason: 'has neither a region nor an endpoint, and its host is named after its region',
      write: 'region=cn-hangzhou, say, after the ?',
    };
  }
  const address = atHost(`${name}.${host.replace('REGION', region ?? '')}`);
  const place = { kind: 'http', address, store: 'oss', name } as const;
  // Signing needs a region; open/signer.ts reports a missing one when there are keys.
  return { value: region === undefined ? place : { ...place, region } };
}

const OSS_HOSTS: ReadonlyMap<string, string> = new Map([
  ['public', 'oss-REGION.aliyuncs.com'],
  ['internal', 'oss-REGION-internal.aliyuncs.com'],
  ['accelerate', 'oss-accelerate.aliyuncs.com'],
  ['accelerate-overseas', 'oss-accelerate-overseas.aliyuncs.com'],
]);

/** AWS by region; any other store by its endpoint, path-style unless it is said to be virtual-hosted. */
function s3Place(name: string, { region, endpoint, style }: Parameters): Parsed<BucketPlace> {
  if (region !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    return { reason: 'has a region that is none', write: 'region=eu-central-1, say' };
  }
  if (style !== undefined && style !== 'path' && style !== 'virtual') {
    return { reason: `has a style ${style} that is none`, write: 'style=path or style=virtual' };
  }
  if (endpoint !== undefined) return endpointPlace('s3', name, { region, endpoint, style });
  if (region === undefined)
    return { reason: 'has neither a region nor an endpoint', write: 'region=us-east-1 after a ?' };
  // A dot in a name is no label of the certificate *.s3.region.amazonaws.com.
  const byPath = style === 'path' || (style === undefined && name.includes('.'));
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const address = byPath ? { ...atHost(host), path: `/${name}` } : atHost(`${name}.${host}`);
  return { value: { kind: 'http', address, store: 's3', name, region } };
}

interface Endpoint {
  readonly region: string | undefined;
  readonly endpoint: string;
  readonly style?: string | undefined;
}

/** Any store by its endpoint: a vendor's own, or one whose host name says nothing. */
function endpointPlace(
  store: Dialect,
  name: string,
  { region, endpoint, style }: Endpoint,
): Parsed<BucketPlace> {
  const given = parseEndpoint(endpoint);
  if (!isAddress(given)) return given;
  const fault = contradiction(store, region, given) ?? impossible(style, given.host);
  if (fault !== null) return fault;
  const facts = { ...regionAt(store, region, given), store, name };
  return { value: { kind: 'http', address: withName(name, store, style, given), ...facts } };
}

/** OSS's own hosts want the bucket's name before them and its custom domains nowhere; S3's want it in the path. */
function withName(name: string, store: Dialect, style: string | undefined, address: Address): Address {
  const { base, host, path } = address;
  if (style === 'virtual' || (style === undefined && wantsNameBefore(host)))
    return { base: base.replace('://', `://${name}.`), host: `${name}.${host}`, path };
  return VENDORS[store].nameInPath ? { ...address, path: `${path}/${name}` } : address;
}

function regionAt(store: Dialect, given: string | undefined, address: Address): HostFacts {
  const known = knownHost(address);
  const region = given ?? known.region;
  if (region !== undefined) return { region };
  const { defaultRegion } = known.store === undefined ? VENDORS[store] : known;
  return defaultRegion === undefined ? {} : { defaultRegion };
}

/** What an endpoint of a vendor's own says against the rest. OSS's hosts are no contradiction to S3, which they speak. */
function contradiction(store: Dialect, region: string | undefined, address: Address): AddressFault | null {
  const known = knownHost(address);
  if (known.store !== undefined && !VENDORS[known.store].hostsServe.includes(store)) {
    return { reason: `has an endpoint of store ${known.store}`, write: `${known.store}:// before the name` };
  }
  if (known.name !== undefined || (wantsNameBefore(address.host) && address.path !== '')) {
    return {
      reason: 'has an endpoint that names a bucket itself',
      write: 'the endpoint without the name before or after it',
    };
  }
  if (region !== undefined && known.region !== undefined && region !== known.region) {
    return {
      reason: `has region ${region} and an endpoint in ${known.region}`,
      write: `region=${known.region}, or another endpoint`,
    };
  }
  return null;
}

/** A style that the host can't be asked in. */
function impossible(style: string | undefined, host: string): AddressFault | null {
  if (style === 'virtual' && /^(\d+\.){3}\d+(:|$)|^\[/.test(host)) {
    return {
      reason: 'has style=virtual and an IP address, which no name can stand before',
      write: 'style=path',
    };
  }
  if (style !== 'path' || !wantsNameBefore(host)) return null;
  return {
    reason: `has style=path and the endpoint ${host}, which takes a name before it only`,
    write: 'style=virtual, or no style',
  };
}

const parseEndpoint = (endpoint: string) =>
  parseAddress(HAS_SCHEME.test(endpoint) && endpoint.includes('://') ? endpoint : `https://${endpoint}`);

const atHost = (host: string): Address => ({ base: `https://${host}`, host, path: '' });
