import type { Domains } from '../analysis/check/domains.ts';
import type { LoadDomains } from '../rules/findings.ts';

/**
 * Loads the public suffix list, with the suffixes of private owners such as `github.io`, at the first call: a start that
 * needs no list does not wait for it.
 */
export function loadDomains(): Promise<Domains> {
  loaded ??= readList();
  return loaded;
}

/** An origin that the check takes as it is: a scheme, a host without a wildcard, and a port. */
const PLAIN = /^https?:\/\/[a-z0-9.-]+(?::\d+)?$/;

/** Loads it for rules whose check may ask it. */
export const domainsFor: LoadDomains = (given) =>
  given?.rules.every(({ allowedOrigins }) =>
    allowedOrigins.every((origin) => origin === '*' || PLAIN.test(origin)),
  )
    ? null
    : loadDomains();

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
