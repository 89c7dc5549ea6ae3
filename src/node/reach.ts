import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';
import { hostOf, hostsOf, isAddress, isLoopbackHost, isPrivateName } from '../edge/host.ts';
import { within } from '../rules/within.ts';

/** Whose clients reach a server: those whom a Unix socket's mode lets in, this machine's alone, or others too. */
export type Reach = 'socket' | 'loopback' | 'beyond';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether an address as Node gives it (`127.0.0.1`, `::1`, `::ffff:127.0.0.1`) is this machine's own. */
export const isLoopback = (address = ''): boolean =>
  // `fe80::1%eth0` names an interface; BlockList wants the address alone, and takes no empty one.
  isIP(address) !== 0 && LOOPBACK.check(address.replace(/%.*/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether a host, or a bare IPv6 address, is this machine on every machine, without asking DNS. */
export const isThisMachine = (host: string): boolean => hostsOf([host]).some(isLoopbackHost);

/** Milliseconds for the system's resolver. */
const LOOKUP_LIMIT = 10_000;

/** Who reaches what listens on an address or a name. Rejects as `dns.lookup` does for a name without an address. */
export async function reachOf(host: string): Promise<Exclude<Reach, 'socket'>> {
  const addresses =
    isIP(host) === 0 ? await within(LOOKUP_LIMIT, lookup(host, { all: true })) : [{ address: host }];
  return addresses.every(({ address }) => isLoopback(address)) ? 'loopback' : 'beyond';
}

/** Says whether a server may be asked under the value of a Host header. */
export type AnswersTo = (host: string) => boolean;

/**
 * The hosts of a server that asks its clients for nothing. A page whose name was pointed at this machine (DNS rebinding)
 * has that name in Host: a stranger's page can't come by an address, nor by a name that the public DNS does not have.
 * No browser sends an empty Host, or none.
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
