import { type Claim, type Denied, denied, type SignedRequest } from './claim.ts';
import { isStoreHeader } from './names.ts';

/** Headers that a request may have only once, besides those that the signature names. */
const SINGLE: readonly string[] = ['authorization', 'host', 'date', 'content-md5', 'content-type'];

/**
 * Checks the header lines against the signature: each that it covers is there, once, and it covers every header of a store,
 * which may change what the request does.
 */
export function headersFault({ headers }: SignedRequest, { named, covers }: Claim): Denied | null {
  const names = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const repeated = names.find(
    (name, at) =>
      names.indexOf(name) !== at && (SINGLE.includes(name) || named.includes(name) || isStoreHeader(name)),
  );
  if (repeated !== undefined) return denied('InvalidArgument', `The header ${repeated} is repeated.`);
  const missing = named.find((name) => !names.includes(name));
  if (missing !== undefined) return denied('AccessDenied', 'A header that the signature names is missing.');
  const unsigned = names.find((name) => isStoreHeader(name) && !covers(name) && !named.includes(name));
  if (unsigned === undefined) return null;
  return denied(
    'AccessDenied',
    `There were headers present in the request which were not signed: ${unsigned}.`,
  );
}
