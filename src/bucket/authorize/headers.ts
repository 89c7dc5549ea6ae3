import type { FlatHeaders } from '../transport.ts';

/**
 * Headers by which clients command a store, or by which some servers replace the method or the path.
 * https://symfony.com/blog/cve-2018-14773-remove-support-for-legacy-and-risky-http-headers
 */
const COMMAND =
  /^(?:x-(?:amz|cos|goog|minio|obs|oss|rgw|rgwx)-|rgwx-|x-(?:http-)?method(?:-override)?$|x-(?:original|rewrite|override)-(?:method|path|query|uri|url)$)/;

/**
 * Those that change no more than the form of the object's own content: ranges, checksums, the client's own key for an
 * object encrypted with it. The signer replaces date and hash; SDKs add `user-agent`, CloudFront adds `cf-id`.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  'x-amz-cf-id',
  'x-amz-checksum-mode',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
  'x-amz-user-agent',
  'x-oss-date',
  'x-oss-range-behavior',
  'x-oss-user-agent',
]);

/** Returns the name of the first header that the edge does not sign for a client without a key; null if all are harmless. */
export function commandingHeader(headers: FlatHeaders): string | null {
  for (let at = 0; at < headers.length; at += 2) {
    // CGI and similar interfaces read `-` and `_` as the same character.
    const name = (headers[at] ?? '').toLowerCase().replaceAll('_', '-');
    if (COMMAND.test(name) && !HARMLESS.has(name)) return name;
  }
  return null;
}
