import { isIP } from 'node:net';
import { lastHop } from '../../bucket/last-hop.ts';

/** The key of a client whose address is not known. */
export const UNKNOWN = '';

/**
 * The key of a client: its IPv4 address, or the /64 of its IPv6 address, the least that a network assigns to one
 * customer (RFC 6177). `UNKNOWN` if the text is not an address, and on a Unix socket.
 */
export function clientKey(address: string | null | undefined): string {
  if (address === null || address === undefined) return UNKNOWN;
  if (!address.includes(':')) return isIP(address) === 4 ? address : UNKNOWN;
  const [plain = ''] = address.split('%', 1);
  if (isIP(plain) !== 6) return UNKNOWN;
  const groups = groupsOf(plain);
  // An IPv4 client of a socket that listens for both families (RFC 4291 §2.5.5.2).
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [before = '', after] = address.split('::');
  const head = numbersOf(before);
  if (after === undefined) return head;
  const tail = numbersOf(after);
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

const numbersOf = (part: string): number[] =>
  part === ''
    ? []
    : part
        .split(':')
        .flatMap((group) => (group.includes('.') ? pairOf(group) : [Number.parseInt(group, 16)]));

/** The two groups of an IPv4 address at the end of an IPv6 address. */
function pairOf(address: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** The key of the client that a trusted proxy names; `UNKNOWN` if it names no address. */
export const forwardedKey = (rawHeaders: readonly string[]): string => clientKey(lastHop(rawHeaders));
