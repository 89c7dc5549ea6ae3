import { type AddressFault, isAddress, parseAddress } from '../bucket/address.ts';
import type { Address } from '../bucket/transport.ts';
import { urlMeant } from '../bucket/without-scheme.ts';
import type { Dialect } from '../cors/behaviour.ts';
import { isSignedOrUrl, withoutSecrets } from './secrets.ts';
import { textOf, withSchema } from './value-schema.ts';
import type { Parsed } from './values.ts';
import { type HostFacts, knownHost, placeFault, VENDORS, wantsNameBefore } from './vendor-hosts.ts';

/** Where a bucket is, and the facts that its address contains. */
export type BucketPlace =
  | ({ readonly kind: 'http'; readonly address: Address } & HostFacts)
  | { readonly kind: 'folder'; readonly path: string };

/** At least two letters before the colon: a drive letter (`C:\media`) is a path. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const EXAMPLE =
  'oss://my-bucket?region=cn-hangzhou, s3://my-bucket?region=eu-central-1, an http(s) URL or a folder';

/** Reads a bucket's place: `oss://` or `s3://` and a name, an HTTP(S) URL, or the path of a folder. */
export const parseBucket = withSchema((text: string): Parsed<BucketPlace> => {
  const parsed = parsePlace(text);
  if (!('value' in parsed) || parsed.value.kind === 'folder') return parsed;
  return placeFault(parsed.value.address, parsed.value) ?? parsed;
}, textOf());

function parsePlace(text: string): Parsed<BucketPlace> {
  if (text.trim() === '') return { reason: 'is empty', write: EXAMPLE };
  if (/^oss:/i.test(text)) return parseShort(text, OSS_PARAMETERS, ossPlace);
  if (/^s3:/i.test(text)) return parseShort(text, S3_PARAMETERS, s3Place);
  const schemeless = schemelessFault(text);
  if (schemeless !== null) return schemeless;
  if (!HAS_SCHEME.test(text)) return parseFolder(text);
  const address = parseAddress(text);
  return isAddress(address) ? { value: { kind: 'http', address, ...knownHost(address) } } : address;
}

function parseFolder(path: string): Parsed<BucketPlace> {
  if (isSignedOrUrl(path)) return { reason: 'has the query of a signed URL', write: EXAMPLE };
  return { value: { kind: 'folder', path } };
}

/** A host without a scheme is no folder, also if a folder has such a name. */
function schemelessFault(text: string): AddressFault | null {
  const meant = urlMeant(text);
  if (meant === null) return null;
  if (meant.hasUser) return { reason: 'contains a user name or password', write: meant.url };
  const reason = 'has no scheme';
  const place = parseBucket(meant.url);
  if (!('value' in place)) return { reason, write: place.write };
  const isFolder = !meant.isCertain && place.value.kind === 'http' && place.value.store === undefined;
  return { reason, write: isFolder ? `${meant.url}, or ./${text} for a folder` : meant.url };
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
  if (/^\w+:\/\/[A-Za-z0-9](?:[/?]|$)/.test(text))
    return { reason: 'has a bucket name that is too short', write: EXAMPLE };
  if (name === '') return { reason: 'has no bucket name after the ://', write: EXAMPLE };
  const given = [...new URLSearchParams(query)];
  const parameters = Object.fromEntries(given);
  const unknown = given.find(([parameter]) => !known.includes(parameter));
  if (unknown !== undefined) return { reason: unknownParameter(unknown), write: known.join(', ') };
  const twice = given.find(([parameter, value]) => parameters[parameter] !== value);
  if (twice !== undefined || given.length > Object.keys(parameters).length) {
    return { reason: `has ${twice?.[0] ?? 'a parameter'} twice`, write: 'each parameter once' };
  }
  return place(name, parameters);
}

/** A name without a value may be a secret that has lost its name. */
const unknownParameter = ([name, value]: readonly [string, string]): string =>
  `has an unknown parameter${value === '' ? '' : ` ${shown(name)}`}`;

/** A parameter's name or value for a message (promise 7). */
const shown = (text: string): string => (/^[\w.-]{1,64}$/.test(text) ? (withoutSecrets(text) ?? '…') : '…');

/** Alibaba Cloud's hosts: public, internal to a region, or accelerated (semantics.md §7). */
function ossPlace(name: string, { region, endpoint, network }: Parameters): Parsed<BucketPlace> {
  if (region !== undefined && !/^[a-z]{2}-[a-z0-9-]+$/.test(region)) {
    return {
      reason: `has the region ${shown(region)}, which is not a region of OSS`,
      write: 'region=cn-hangzhou, without oss- before it',
    };
  }
  const [, within] = /^(.+)-internal$/.exec(region ?? '') ?? [];
  if (within !== undefined) {
    return {
      reason: `has the region ${region}, which is the internal network of region ${within}`,
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
      reason: `has the network ${shown(network ?? '')}, which is not a network of OSS`,
      write: [...OSS_HOSTS.keys()].join(', '),
    };
  }
  if (region === undefined && host.includes('REGION')) {
    return {
      reason: 'has neither a region nor an endpoint, and its host is named after its region',
      write: 'a region after the ?, such as region=cn-hangzhou',
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

/** AWS by region; any other store by its endpoint, path-style unless `style=virtual` is given. */
function s3Place(name: string, { region, endpoint, style }: Parameters): Parsed<BucketPlace> {
  if (region !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    return { reason: 'has an invalid region', write: 'a region such as region=eu-central-1' };
  }
  if (style !== undefined && style !== 'path' && style !== 'virtual') {
    return { reason: `has an unknown style ${shown(style)}`, write: 'style=path or style=virtual' };
  }
  if (endpoint !== undefined) return endpointPlace('s3', name, { region, endpoint, style });
  if (region === undefined)
    return {
      reason: 'has neither a region nor an endpoint',
      write: 'a region after the ?, such as region=us-east-1',
    };
  // The certificate *.s3.REGION.amazonaws.com covers one label: a name with a dot needs the path.
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

/** Any store by its endpoint: a vendor's own host, or a host whose name has no facts about the bucket. */
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

/** OSS's own hosts take the bucket's name as a subdomain, its custom domains take no name; S3's take it in the path. */
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

/** Why a vendor's endpoint contradicts the other parameters; null if it does not. OSS's hosts also speak S3. */
function contradiction(store: Dialect, region: string | undefined, address: Address): AddressFault | null {
  const known = knownHost(address);
  if (known.store !== undefined && !VENDORS[known.store].hostsServe.includes(store)) {
    return { reason: `has an endpoint of store ${known.store}`, write: `${known.store}:// before the name` };
  }
  if (known.name !== undefined || (wantsNameBefore(address.host) && address.path !== '')) {
    return {
      reason: 'has an endpoint that already names a bucket',
      write: 'the endpoint without the name before or after it',
    };
  }
  if (region !== undefined && known.region !== undefined && region !== known.region) {
    return {
      reason: `has region ${shown(region)} and an endpoint in ${known.region}`,
      write: `region=${known.region}, or another endpoint`,
    };
  }
  return null;
}

/** Why the host cannot be addressed in this style; null if it can. */
function impossible(style: string | undefined, host: string): AddressFault | null {
  if (style === 'virtual' && /^(\d+\.){3}\d+(:|$)|^\[/.test(host)) {
    return {
      reason: 'has style=virtual and an IP address, which cannot have a subdomain',
      write: 'style=path',
    };
  }
  if (style !== 'path' || !wantsNameBefore(host)) return null;
  return {
    reason: `has style=path and the endpoint ${host}, which takes a bucket's name only as a subdomain`,
    write: 'style=virtual, or leave style out',
  };
}

const parseEndpoint = (endpoint: string) =>
  parseAddress(HAS_SCHEME.test(endpoint) && endpoint.includes('://') ? endpoint : `https://${endpoint}`);

const atHost = (host: string): Address => ({ base: `https://${host}`, host, path: '' });
