import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';
import { hostOf, hostsOf, isAddress, isLoopbackHost, isPrivateName } from '../edge/host.ts';
import { within } from '../rules/within.ts';

/** Which clients reach a server: those that a Unix socket's mode admits, this machine's only, or others too. */
export type Reach = 'socket' | 'loopback' | 'beyond';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether an address in Node's notation (`127.0.0.1`, `::1`, `::ffff:127.0.0.1`) is a loopback address. */
export const isLoopback = (address = ''): boolean =>
  // BlockList takes neither the interface of `fe80::1%eth0` nor an empty address.
  isIP(address) !== 0 && LOOPBACK.check(address.replace(/%.*/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether a host or a bare IPv6 address means this machine on every machine. Asks no DNS. */
export const isThisMachine = (host: string): boolean => hostsOf([host]).some(isLoopbackHost);

/** Milliseconds for the system's resolver. */
const LOOKUP_LIMIT = 10_000;

/**
 * Which clients reach a server that listens on an address or a name. Rejects with the error of `dns.lookup` for a name
 * without an address.
 */
export async function reachOf(host: string): Promise<Exclude<Reach, 'socket'>> {
  const addresses =
    isIP(host) === 0 ? await within(LOOKUP_LIMIT, lookup(host, { all: true })) : [{ address: host }];
  return addresses.every(({ address }) => isLoopback(address)) ? 'loopback' : 'beyond';
}

/** Whether a server answers requests with this value of the Host header. */
export type AnswersTo = (host: string) => boolean;

/**
 * The hosts of a server without authentication, against DNS rebinding: a page whose name was pointed at this machine
 * sends that name in Host. It cannot send an address, or a name that the public DNS does not have. No browser sends an
 * empty Host, or omits it.
 */
export function answersTo(reach: Reach, names: readonly string[]): AnswersTo {
  const own = new Set(hostsOf(reach === 'loopback' ? names : [...names, hostname()]));
  return (value) => {
    const host = hostOf(value);
    if (host === null) return false;
    if (host === '' || isLoopbackHost(host) || own.has(host)) return true;
    return reach !== 'loopback' && (isAddress(host) || isPrivateName(host));
  };
}
