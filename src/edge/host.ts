import { configuredName, hostName } from '../bucket/host.ts';

/**
 * Whether a value of Host is a host with or without a port, or empty (RFC 9112 §3.2). Rejects commas although the grammar
 * allows them: a comma means that several Host headers were joined.
 */
export function isHost(value: string): boolean {
  if (value === lastHost) return true;
  const valid = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i.test(value);
  if (valid) lastHost = value;
  return valid;
}

/** The last valid one: most requests have the same. */
let lastHost = '';

/** Returns the host of a Host header in the form of `hostName`: empty for an empty header, null for an invalid one. */
export function hostOf(value: string): string | null {
  if (!isHost(value)) return null;
  const name = hostName(value);
  return name === '' ? '' : configuredName(name);
}

/** Whether a host is an IP address. Expects the form that `hostOf` returns. */
export const isAddress = (host: string): boolean => host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host);

/** Whether a host is a loopback address, or a name that resolves to one (RFC 6761 §6.3). */
export const isLoopbackHost = (host: string): boolean =>
  /^(?:.+\.)?localhost$/.test(host) ||
  /^127(?:\.\d+){3}$/.test(host) ||
  host === '[::1]' ||
  /^\[::ffff:7f[\da-f]{2}:/.test(host);

/** Whether the public DNS cannot have this name, so that an attacker cannot point it at this machine. */
export const isPrivateName = (host: string): boolean =>
  !host.includes('.') || /\.(?:local|internal)$/.test(host);

/** Returns the names of a list in the form that `hostOf` returns, without invalid ones. */
export const hostsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => hostOf(/:.*:/.test(name) && !name.includes('[') ? `[${name}]` : name) || []);
