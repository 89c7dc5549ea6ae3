import { configuredName, hostName } from '../bucket/host.ts';
import { isHost } from './facts.ts';

/** The host of a Host header in the form of `hostName`. Empty where the header is empty; null where it is not a host. */
export function hostOf(value: string): string | null {
  if (!isHost(value)) return null;
  const name = hostName(value);
  return name === '' ? '' : configuredName(name);
}

/** An IP address, in the form that `hostOf` gives. */
export const isAddress = (host: string): boolean => host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host);

/** The address of this machine for itself, or a name that stands for it (RFC 6761 §6.3). */
export const isLoopbackHost = (host: string): boolean =>
  /^(?:.+\.)?localhost$/.test(host) ||
  /^127(?:\.\d+){3}$/.test(host) ||
  host === '[::1]' ||
  /^\[::ffff:7f[\da-f]{2}:/.test(host);

/** A name that the public DNS does not have, so that no stranger can point it at this machine. */
export const isPrivateName = (host: string): boolean =>
  !host.includes('.') || /\.(?:local|internal)$/.test(host);

/** The names of a list in the form that `hostOf` gives, without what is no host. */
export const hostsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => hostOf(/:.*:/.test(name) && !name.includes('[') ? `[${name}]` : name) || []);
