import { hostName } from '../bucket/host.ts';
import { isLoopback } from './directory/rules.ts';

/**
 * Whether a host is this machine under a name or an address that means it everywhere: localhost and what ends in it
 * (RFC 6761 §6.3), or a loopback address. Takes a Host header, and a bare IPv6 address too.
 */
export function isLocalHost(host: string): boolean {
  if (isLoopback(host)) return true;
  const name = hostName(host).replace(/^\[|\]$/g, '');
  return isLoopback(name) || /^(?:.+\.)?localhost$/.test(name);
}
