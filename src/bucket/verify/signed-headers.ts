import { type Claim, type Denied, denied, type SignedRequest, shown } from './claim.ts';
import { isStoreHeader } from './names.ts';

/** Headers that a request may have only once, besides those that the signature names. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'host', 'date', 'content-md5', 'content-type']);

/**
 * Checks the header lines against the signature: each that it names is there, once, and it covers every header of a store,
 * which may change what the request does.
 */
export function headersFault({ headers }: SignedRequest, { named, covers }: Claim): Denied | null {
  const listed = new Set(named);
  if (listed.size !== named.length) return denied('InvalidArgument', 'The signature names a header twice.');
  const seen = new Set<string>();
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const ofStore = isStoreHeader(name);
    if (seen.has(name) && (ofStore || listed.has(name) || SINGLE.has(name)))
      return denied('InvalidArgument', `The header ${shown(name)} is repeated.`);
    seen.add(name);
    if (ofStore && !covers(name) && !listed.has(name)) {
      const message = `There were headers present in the request which were not signed: ${shown(name)}.`;
      return denied('AccessDenied', message);
    }
  }
  const missing = named.some((name) => !seen.has(name));
  return missing ? denied('AccessDenied', 'A header that the signature names is missing.') : null;
}
