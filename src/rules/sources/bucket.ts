import { askForRules } from '../../bucket/read.ts';
import { type Ask, type Loaded, loadedFrom, MAX_DOCUMENT_BYTES, type Source } from '../source.ts';
import { conditions, unlessUnchanged } from './conditional.ts';
import type { KindRow } from './kind.ts';

export const bucketKind: KindRow<{ readonly kind: 'bucket' }> = {
  parse: (text) => (text === 'bucket' ? { value: { kind: 'bucket' } } : null),
  open: (_, { bucket, read, sign }) =>
    bucketSource(bucket.rulesName, askForRules(bucket.address, read, sign)),
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
 * Interprets a store's answer to `GET /?cors` (semantics.md §1). Only the answers named here mean "no rules", and an
 * empty `<CORSConfiguration/>`. An empty body does not: it may be a proxy's failure.
 */
export function interpret(status: number, text: string): Loaded {
  // Stores answer XML. An empty JSON list from another server must not mean "no rules".
  if (status === 200 && /^\s*[{[]/.test(text)) return notRead('JSON');
  if (status === 200 && /^\s*<(?:!doctype\s+html|html)\b/i.test(text)) return notRead('an HTML page');
  if (status === 200) return loadedFrom(text, 'store', 'Look at what the bucket answers to GET /?cors.');
  if (status === 204) return { outcome: 'none' };
  const code = /<Code>\s*(\w{1,64})\s*<\/Code>/.exec(text)?.[1];
  if (status === 404 && code === 'NoSuchCORSConfiguration') return { outcome: 'none' };
  if (status === 404 && code === 'NoSuchBucket') return { outcome: 'missing' };
  const answer = code === undefined ? `${status}` : `${status} ${code}`;
  return {
    outcome: 'unknown',
    cause: `the bucket answered ${answer} to GET /?cors`,
    ...cureFor(status, code),
  };
}

const notRead = (form: string): Loaded => ({
  outcome: 'unknown',
  cause: `the bucket answered ${form} to GET /?cors`,
  cure: 'Stores answer XML there: look for a proxy in between, or give the rules with --rules FILE.',
  cureOnce: 'Stores answer XML there: look for a proxy in between.',
});

/** Error codes of stores for a rejected signature, and what the operator can do about each. */
export const SIGNATURE_CURES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: "Check the secret that belongs to the key id, and the bucket's name and region.",
  InvalidAccessKeyId: 'Check the key id: the store does not know it.',
  InvalidSecurityToken: "Check the security token (STS): it is another key pair's, or has expired.",
  InvalidToken: "Check the security token (STS): it is another key pair's, or has expired.",
  RequestTimeTooSkewed: "Set this machine's clock: it is more than 15 minutes off.",
};

type Cures = Pick<Extract<Loaded, { readonly outcome: 'unknown' }>, 'cure' | 'cureOnce'>;

function cureFor(status: number, code: string | undefined): Cures {
  const cure =
    code === undefined || !Object.hasOwn(SIGNATURE_CURES, code) ? undefined : SIGNATURE_CURES[code];
  if (cure !== undefined) return { cure: `${cure} --credentials names the source of the keys.` };
  if (status === 401 || status === 403) {
    const keys = 'Set keys that may read the rules (--credentials)';
    return { cure: `${keys}, or give the rules with --rules FILE.`, cureOnce: `${keys}.` };
  }
  if (status === 405 || status === 501) {
    const none = 'This store has no CORS rules for its buckets';
    return { cure: `${none}: give them with --rules FILE or --rules URL.`, cureOnce: `${none}.` };
  }
  if (status === 304)
    return { cure: 'The request was not conditional: look for a cache between the edge and the bucket.' };
  if (status >= 300 && status < 400)
    return { cure: "Use the bucket's own regional address: redirects are not followed." };
  if (status === 404)
    return { cure: 'Check that --bucket names a bucket, and that its store answers GET /?cors.' };
  if (status >= 500 || status === 408 || status === 429)
    return { cure: 'The edge asks again by itself.', cureOnce: 'Run the command again.' };
  return { cure: 'Check --region, --bucket-name and --signature: the store does not accept this request.' };
}
