import { quote } from './quote.ts';

/** Stands for the bucket where no address was given; the name is reserved (RFC 6761). */
export const PLACEHOLDER = 'https://bucket.example';

const IS_ADDRESS = /^(?:\[.*\]|\d+\.\d+\.\d+\.\d+)$/;

/** A record of an export that was changed by hand may have any text. */
const urlOf = (bucketUrl: string | null): URL =>
  new URL(bucketUrl !== null && URL.canParse(bucketUrl) ? bucketUrl : PLACEHOLDER);

/** The lines that address a request to the bucket: its host name, and its path before the request's. */
export function targetLines(bucketUrl: string | null): readonly string[] {
  const { host, pathname } = urlOf(bucketUrl);
  const path = pathname.replace(/\/$/, '').replaceAll('%', '%%');
  return [
    `http-request set-header Host ${host}`,
    ...(path === '' ? [] : [`http-request set-path ${quote(`${path}%[path]`)}`]),
  ];
}

/** Whether the bucket's certificate is compared with an IP address. HAProxy reads no IP addresses of certificates. */
export function verifiesAddress(bucketUrl: string | null): boolean {
  const { protocol, hostname } = urlOf(bucketUrl);
  return protocol === 'https:' && IS_ADDRESS.test(hostname);
}

/** The server of the section. */
export function serverLine(bucketUrl: string | null): string {
  const { protocol, hostname, port } = urlOf(bucketUrl);
  const isTls = protocol === 'https:';
  const isName = !IS_ADDRESS.test(hostname);
  return [
    `server bucket ${hostname}:${port || (isTls ? 443 : 80)}`,
    ...(isTls ? ['ssl verify required ca-file @system-ca'] : []),
    // The certificate is compared with the name of `sni`, or of `verifyhost`. Without one, that of any host would do.
    ...(isTls ? [isName ? `sni str(${hostname})` : `verifyhost ${hostname.replace(/^\[|\]$/g, '')}`] : []),
    // HAProxy makes the section `default` of /etc/resolv.conf: a bucket's addresses change.
    ...(isName ? ['resolvers default init-addr last,libc,none'] : []),
  ].join(' ');
}
