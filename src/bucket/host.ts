/** Labels of lower-case letters, digits, hyphens and underscores; one that ends in a number would be an address. */
const PLAIN_NAME = /^(?:[a-z0-9_-]+\.)*(?!\d+$|0x[\da-f]*$)[a-z0-9_-]+$/;
const PLAIN_IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;
const IPV6 = /^\[[\da-f:.]+\]$/;
/** What a URL parser would take for the end of a host, or drop. */
const NO_HOST = /[\0- /?#@\\:[\]\x7f]/;

const isPlain = (name: string): boolean => PLAIN_NAME.test(name) || PLAIN_IPV4.test(name);

/**
 * The name in a Host header, a configuration or an address, in the one form that names are compared in: lower case, in
 * A-labels (IDNA), without a port and without the dot that ends an absolute name. What is no host stays as it is, in
 * lower case.
 */
export function hostName(host: string): string {
  const name = withoutPort(host);
  // Nearly every Host is in that form already.
  if (isPlain(name)) return name;
  const lower = withoutDot(name.toLowerCase());
  if (isPlain(lower) || (NO_HOST.test(lower) && !IPV6.test(lower))) return lower;
  return URL.canParse(urlOf(lower)) ? withoutDot(new URL(urlOf(lower)).hostname) : lower;
}

/** A name that a configuration gives, in the form of `hostName`; null for what is no name, or has a port. */
export function configuredName(text: string): string | null {
  const name = hostName(text);
  const isName = isPlain(name) || (IPV6.test(name) && URL.canParse(urlOf(name)));
  return isName && withoutPort(text) === text ? name : null;
}

const urlOf = (host: string): string => `http://${host}/`;

/** Whether two values of Host mean the same place; `port` is the one that a value without a port means. */
export const isSameHost = (one: string, other: string, port: number): boolean =>
  one === other || (hostName(one) === hostName(other) && portOf(one, port) === portOf(other, port));

/** A host with or without a port, without the dot that ends an absolute name. */
export const withoutDot = (host: string): string => host.replace(/([^.])\.(?=:\d*$|$)/, '$1');

/** Where the port begins, or the end. */
function portAt(host: string): number {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? colon : host.length;
}

const withoutPort = (host: string): string => host.slice(0, portAt(host));

const portOf = (host: string, preset: number): number => Number(host.slice(portAt(host) + 1) || preset);
