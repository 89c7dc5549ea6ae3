import type { Domains } from '../analysis/check/domains.ts';

/**
 * Loads the public suffix list, with the suffixes of private owners such as `github.io`, at the first call: a start that
 * needs no list does not wait for it.
 */
export function loadDomains(): Promise<Domains> {
  loaded ??= readList();
  return loaded;
}

let loaded: Promise<Domains> | undefined;

async function readList(): Promise<Domains> {
  const { getDomain, getPublicSuffix } = await import('tldts');
  // Hosts come from patterns, and browsers accept names that are no host names of DNS: `my_app.example.com`.
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
  return {
    publicSuffix: (host) => getPublicSuffix(host, options),
    registrable: (host) => getDomain(host, options),
  };
}
