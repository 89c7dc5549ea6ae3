import { isAddress, parseAddress } from '../../bucket/address.ts';
import { urlMeant } from '../../bucket/without-scheme.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { parseRules, RULES_WRITES } from '../../config/values.ts';
import { knownHost } from '../../config/vendor-hosts.ts';
import type { Fault, Result } from '../../document/fault.ts';

/** Where a command is to read rules. */
export type SourcePlace =
  | { readonly kind: 'input' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'url'; readonly url: string }
  /** `text` is a value of `--bucket`, which `parseBucket` reads; `by` names it in faults. */
  | { readonly kind: 'bucket'; readonly text: string; readonly by: '--bucket' | 'SOURCE' }
  | { readonly kind: 'edge'; readonly url: string };

export const SOURCE_EXAMPLES =
  'a file, - for standard input, the URL of a document, oss://… or s3://… for a bucket, bucket:URL, or admin:URL of a running edge';

/** Reads a word that names a source. `oss://` and `s3://` are buckets, an HTTP(S) URL is a document. */
export function parseSource(word: string): Result<SourcePlace> {
  if (word === '-') return { ok: true, value: { kind: 'input' } };
  const [, prefix, rest = ''] = /^(bucket|admin):(.*)$/s.exec(word) ?? [];
  if (prefix === 'admin') return edgePlace(rest);
  if (prefix === 'bucket') return { ok: true, value: { kind: 'bucket', text: rest, by: '--bucket' } };
  if (/^(?:oss|s3):/i.test(word)) return { ok: true, value: { kind: 'bucket', text: word, by: 'SOURCE' } };
  const meant = urlMeant(word);
  if (meant !== null && isBucket(meant.url)) return refused(word, IS_BUCKET, `--bucket ${meant.url}`);
  const parsed = parseRules(word);
  if (!('value' in parsed))
    // The advice for `--rules` may name its word `bucket`, which is no source here.
    return refused(
      word,
      parsed.reason,
      Object.values(RULES_WRITES).includes(parsed.write) ? SOURCE_EXAMPLES : parsed.write,
    );
  const place = parsed.value;
  if (place.kind === 'bucket') return refused(word, 'names no bucket', '--bucket and its address');
  if (place.kind === 'kv') return refused(word, 'is in KV, which only Workers read', SOURCE_EXAMPLES);
  if (place.kind === 'url' && isBucket(place.url)) return refused(word, IS_BUCKET, '--bucket before it');
  return { ok: true, value: place };
}

const IS_BUCKET = 'is the address of a bucket, not of a document';

function edgePlace(url: string): Result<SourcePlace> {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return refused(url, 'is not the URL of an admin port', 'http://127.0.0.1:8081', '--admin');
  if (parsed.username !== '' || parsed.password !== '')
    return refused(url, 'contains a user name or password', '--admin-token env:NAME', '--admin');
  return { ok: true, value: { kind: 'edge', url } };
}

/** A vendor's host with the bucket's name and nothing behind it. */
function isBucket(url: string): boolean {
  const address = parseAddress(url);
  if (!isAddress(address)) return false;
  const { store, name } = knownHost(address);
  return store !== undefined && name !== undefined && (address.path === '' || address.path === `/${name}`);
}

function refused(text: string, reason: string, write: string, place = 'SOURCE'): Result<never> {
  const value = withoutSecrets(text);
  const fault: Fault = { place, ...(value !== null && { value }), reason, write };
  return { ok: false, faults: [fault] };
}
