/** Labels of lower-case letters, digits, hyphens and underscores. The last is not a number: URL parsers read that as IPv4. */
const PLAIN_NAME = /^(?:[a-z0-9_-]+\.)*(?!\d+$|0x[\da-f]*$)[a-z0-9_-]+$/;
const PLAIN_IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;
const IPV6 = /^\[[\da-f:.]+\]$/;
/** Characters that a URL parser treats as the end of a host, or drops. */
const NO_HOST = /[\0- /?#@\\:[\]\x7f]/;

const isPlain = (name: string): boolean => PLAIN_NAME.test(name) || PLAIN_IPV4.test(name);

/**
 * Returns the name in a Host header, a configuration or an address, in the form in which names are compared: lower case,
 * in A-labels (IDNA), without a port and without the dot that ends an absolute name. Only lower-cases an invalid host.
 */
export function hostName(host: string): string {
  const name = withoutPort(host);
  // Nearly every Host has this form already.
  if (isPlain(name)) return name;
  const lower = name.toLowerCase();
  const bare = withoutDot(lower);
  if (isPlain(bare) || (NO_HOST.test(bare) && !IPV6.test(bare))) return bare;
  // The parser decodes `%2e`, so only its result shows which dot is the last: `a%2e.` is `a..`, not `a`.
  return URL.canParse(urlOf(lower)) ? withoutDot(new URL(urlOf(lower)).hostname) : bare;
}

/** Returns a configured name in the form of `hostName`; null if it is not a valid host or has a port. */
export function configuredName(text: string): string | null {
  const name = hostName(text);
  const isName = isPlain(name) || (IPV6.test(name) && URL.canParse(urlOf(name)));
  return isName && withoutPort(text) === text ? name : null;
}

const urlOf = (host: string): string => `http://${host}/`;

/** Whether two values of Host have the same name and port. `port` is the default port. */
export const isSameHost = (one: string, other: string, port: number): boolean =>
  one === other || (hostName(one) === hostName(other) && portOf(one, port) === portOf(other, port));

/** Removes the dot that ends an absolute name, from a host with or without a port. */
export const withoutDot = (host: string): string => host.replace(/([^.])\.(?=:\d*$|$)/, '$1');

/** Returns the index of the colon before the port, or the length of a host without a port. */
function portAt(host: string): number {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? colon : host.length;
}

const withoutPort = (host: string): string => host.slice(0, portAt(host));

const portOf = (host: string, preset: number): number => Number(host.slice(portAt(host) + 1) || preset);
