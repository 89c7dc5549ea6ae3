import { loadedFrom, MAX_DOCUMENT_BYTES } from '../read.ts';
import type { Ask, Loaded, Source } from '../source.ts';
import { conditions, unlessUnchanged } from './conditional.ts';
import type { KindRow } from './kind.ts';

export const bucketKind: KindRow<{ readonly kind: 'bucket' }> = {
  parse: (text) => (text === 'bucket' ? { value: { kind: 'bucket' } } : null),
  signed: true,
};

/** The bucket's own rules: `ask` sends `GET /?cors` (semantics.md §1). */
export const bucketSource = (name: string, ask: Ask): Source => ({
  kind: 'bucket',
  name,
  load: async (signal, previous) => {
    const answer = await ask({ headers: conditions(previous), maxBytes: MAX_DOCUMENT_BYTES, signal });
    return unlessUnchanged(answer, previous, () => interpret(answer.status, answer.text));
  },
});

/**
 * What a store's answer to `GET /?cors` means. Only the answers named here are a "no"; an empty
 * `<CORSConfiguration/>` is one too, zero bytes are not: that may as well be a proxy's failing.
 */
export function interpret(status: number, text: string): Loaded {
  // What is no XML is no store's answer, be it a document in another form: an empty list must not be a "no".
  if (status === 200 && /^\s*[{[]/.test(text)) return notRead('JSON');
  if (status === 200) return loadedFrom(text, 'store', 'Look at what the bucket answers to GET /?cors.');
  if (status === 204) return { outcome: 'none' };
  const code = /<Code>\s*(\w{1,64})\s*<\/Code>/.exec(text)?.[1];
  if (status === 404 && code === 'NoSuchCORSConfiguration') return { outcome: 'none' };
  if (status === 404 && code === 'NoSuchBucket') return { outcome: 'missing' };
  const said = code === undefined ? `${status}` : `${status} ${code}`;
  return {
    outcome: 'unknown',
    cause: `the bucket answered ${said} to GET /?cors`,
    cure: cureFor(status, code),
  };
}

const notRead = (form: string): Loaded => ({
  outcome: 'unknown',
  cause: `the bucket answered ${form} to GET /?cors`,
  cure: 'Stores answer XML there: look at what stands in between, or give the rules with --rules FILE.',
});

/** Codes that stores give to a signature they don't take, and whose fault it is. */
const SIGNATURE_CURES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: "Check the secret that belongs to the key id, and the bucket's name and region.",
  InvalidAccessKeyId: 'Check the key id: the store does not know it.',
  InvalidSecurityToken: "Check the security token (STS): it is another key pair's, or has expired.",
  InvalidToken: "Check the security token (STS): it is another key pair's, or has expired.",
  RequestTimeTooSkewed: "Set this machine's clock: it is more than 15 minutes off.",
};

function cureFor(status: number, code: string | undefined): string {
  const cure =
    code === undefined || !Object.hasOwn(SIGNATURE_CURES, code) ? undefined : SIGNATURE_CURES[code];
  if (cure !== undefined) return `${cure} The keys are where --credentials says.`;
  if (status === 401 || status === 403) {
    return 'The rules may not be read so: set keys that may (--credentials), or give the rules with --rules FILE.';
  }
  if (status === 405 || status === 501) {
    return 'This store keeps no CORS rules for its buckets: give them with --rules FILE or --rules URL.';
  }
  if (status === 304) return 'It was not asked whether anything has changed: look for a cache in between.';
  if (status >= 300 && status < 400)
    return "Use the bucket's own regional address: redirects are not followed.";
  if (status === 404) return 'Check that --bucket names a bucket, and that its store answers GET /?cors.';
  return 'The edge asks again by itself.';
}
