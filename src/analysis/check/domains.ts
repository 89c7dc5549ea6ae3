import { isAddress } from '../../cors/host.ts';

export { isAddress, isLoopback } from '../../cors/host.ts';

/** What is known of domain names: which of them are open to registration. All names are in lower case, without a port. */
export interface Domains {
  /** The public suffix that a host ends in: `co.uk` for `shop.example.co.uk`. Null for an address. */
  publicSuffix(host: string): string | null;
  /** The domain that one owner registered: `example.co.uk` for `shop.example.co.uk`. Null for a public suffix itself. */
  registrable(host: string): string | null;
}

/**
 * Takes the last label for the public suffix, as the public suffix list does for names that it does not list. It misses
 * suffixes of several labels: `co.uk`, `github.io`.
 */
export const LAST_LABEL: Domains = {
  publicSuffix: (host) => (isAddress(host) ? null : (host.split('.').at(-1) ?? null)),
  registrable: (host) => {
    const labels = host.split('.');
    return isAddress(host) || labels.length < 2 ? null : labels.slice(-2).join('.');
  },
};

/** Names that no registry gives out (RFC 6761, RFC 6762 with its appendix G, and ICANN's `internal`). */
const PRIVATE = new Set([
  'localhost',
  'local',
  'test',
  'example',
  'invalid',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
]);

/** Whether hosts below the last label of this one belong to a private network or to documentation. */
export const isPrivateName = (host: string): boolean => PRIVATE.has(host.split('.').at(-1) ?? '');
