import { isAddress, parseAddress } from '../bucket/address.ts';
import { urlMeant } from '../bucket/without-scheme.ts';
import type { BucketPlace } from './bucket-url.ts';
import { textOf, withSchema } from './value-schema.ts';
import type { Parsed } from './values.ts';
import { knownHost, wantsNameBefore } from './vendor-hosts.ts';

/** The endpoint of a store, with the facts of its host: no bucket's name is among them. */
export type StorePlace = Extract<BucketPlace, { readonly kind: 'http' }>;

const EXAMPLE = 'https://oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9000';

/** Reads the address under which a store serves all of its buckets. */
export const parseStoreUrl = withSchema((text: string): Parsed<StorePlace> => {
  const meant = urlMeant(text);
  if (meant !== null) return { reason: 'has no scheme', write: meant.url };
  const address = parseAddress(text);
  if (!isAddress(address))
    return { ...address, write: address.write.includes('my-bucket') ? EXAMPLE : address.write };
  const { name, ...facts } = knownHost(address);
  if (name !== undefined || (wantsNameBefore(address.host) && address.path !== '')) {
    const reason =
      name === undefined ? 'has a path that the store does not take' : `names the bucket ${name}`;
    return { reason, write: `the endpoint alone: ${EXAMPLE}` };
  }
  return { value: { kind: 'http', address, ...facts } };
}, textOf());

export type StoreStyle = 'host' | 'path';

/** How the endpoint takes a bucket's name if the operator does not say: in the path, unless it takes none there. */
export const styleAt = ({ address: { host } }: StorePlace): StoreStyle =>
  wantsNameBefore(host) ? 'host' : 'path';

/** Why an endpoint cannot take a bucket's name in this style; null if it can. */
export function styleFault(style: StoreStyle, { address: { host } }: StorePlace) {
  if (style === 'host' && /^(\d+\.){3}\d+(:|$)|^\[/.test(host))
    return { reason: `has no meaning for ${host}: an IP address has no subdomains`, write: '"path"' };
  if (style === 'path' && wantsNameBefore(host))
    return { reason: `has no meaning for ${host}, which takes a name only as a subdomain`, write: '"host"' };
  return null;
}
