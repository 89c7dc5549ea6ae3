import { causeOf } from '../bucket/cause.ts';
import { type ReadLimits, type SmallAnswer, UNSIGNED } from '../bucket/read.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { excerpt } from '../document/raw.ts';
import { SIGNATURE_CURES } from '../rules/sources/bucket.ts';
import { within } from '../rules/within.ts';

/**
 * How a write ended. `refused`: the rules are as before, and the line says why; `unknown`: the rules may have been written.
 */
export type Outcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'refused' | 'unknown'; readonly line: string };

/** Milliseconds for a write, from the first byte to the end of the answer. */
export const WRITE_TIMEOUT = 20_000;
/** Stores answer a write with nothing, and a refusal with a short document. */
const MAX_ANSWER_BYTES = 65_536;

/** Sends a write once and says how it ended. Never rejects, and ends within `limit` milliseconds. */
export async function send(
  write: (limits: ReadLimits) => Promise<SmallAnswer>,
  limit = WRITE_TIMEOUT,
): Promise<Outcome> {
  const late = new AbortController();
  const sent = write({ maxBytes: MAX_ANSWER_BYTES, signal: late.signal }).then(outcomeOf, failed);
  return within<Outcome>(limit, sent, () => {
    late.abort();
    return { kind: 'unknown', line: `no answer came within ${limit / 1000} seconds` };
  });
}

/** What a store's answer to a write of rules means. */
export function outcomeOf({ status, text }: SmallAnswer): Outcome {
  if (status >= 200 && status < 300) return { kind: 'written' };
  const code = element(text, 'Code', /^[\w.-]{1,64}$/);
  const message = messageIn(text);
  const said = [
    `the store answered ${status}`,
    ...(code === undefined ? [] : [` ${code}`]),
    ...(message === '' ? [] : [`: ${message}`]),
    ...(code === undefined && /^\s*<(?:!doctype\s+html|html)\b/i.test(text) ? [' with an HTML page'] : []),
  ].join('');
  // A server that fails, or one before it that gave up, may have written the rules all the same.
  if (status >= 500 && status !== 501 && status !== 505) return { kind: 'unknown', line: said };
  const cure = endpointIn(text) === undefined ? cureFor(status, code) : 'Use that endpoint.';
  return { kind: 'refused', line: `${said}. ${cure}` };
}

/** Most characters of a store's message: an edge lists all faults of a document in one. */
const MAX_MESSAGE = 2500;

/** The message of a store's error, without the full stop at its end; empty if it has none, or one with a secret. */
export function messageIn(text: string): string {
  // A server may repeat what it was sent, the signature too.
  const message = withoutSecrets(element(text, 'Message', /\S/) ?? '') ?? '';
  const endpoint = endpointIn(text);
  return `${excerpt(message.trim(), MAX_MESSAGE).replace(/\.$/, '')}${endpoint === undefined ? '' : ` (endpoint ${endpoint})`}`;
}

/** The endpoint that serves the bucket, which stores name where another one was asked. */
const endpointIn = (text: string): string | undefined => element(text, 'Endpoint', /^[\w.-]{1,255}$/);

function element(text: string, name: string, form: RegExp): string | undefined {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  if (found === undefined) return undefined;
  const value = found.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity] ?? '');
  return form.test(value) ? value : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const NO_CORS =
  'This store has no CORS rules for its buckets: an edge with --management keep in front of it stores them.';

/** What to do about a store's code for a refused write. */
const CURES: Readonly<Record<string, string>> = {
  ...SIGNATURE_CURES,
  NoSuchBucket: "Check the bucket's name and its region.",
  CORSRuleBeyondLimit: 'Write fewer rules.',
  EntityTooLarge: 'Write fewer or shorter entries.',
  MalformedXML: 'Correct what it names: this store does not take all that others take.',
  InvalidRequest: 'Correct what it names: this store does not take all that others take.',
  InvalidDigest: 'Something on the way changes the document: look for a proxy in between.',
  BadDigest: 'Something on the way changes the document: look for a proxy in between.',
  NotImplemented: NO_CORS,
};

function cureFor(status: number, code: string | undefined): string {
  const cure = code !== undefined && Object.hasOwn(CURES, code) ? CURES[code] : undefined;
  if (cure !== undefined) return cure;
  if (status === 401 || status === 403)
    return 'Set keys that may write the rules of the bucket (--credentials).';
  if (status === 405 || status === 501) return NO_CORS;
  if (status >= 300 && status < 400)
    return "Use the bucket's own regional address: redirects are not followed.";
  if (status === 404) return 'Check that the address names a bucket, and that its store has CORS rules.';
  if (status === 429) return 'Run the command again later.';
  return 'Correct what it names.';
}

/** Codes of errors after which no byte of the request can have been sent. */
const UNSENT =
  /\b(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|ERR_TLS_CERT_\w+|ERR_SSL_\w+)\b/;

function failed(error: unknown): Outcome {
  const cause = causeOf(error);
  if (error instanceof Error && error.name === UNSIGNED)
    return { kind: 'refused', line: `${cause}. Correct the keys; --credentials names their source.` };
  return UNSENT.test(cause)
    ? { kind: 'refused', line: `${cause}. Check the address, and that it can be reached from here.` }
    : { kind: 'unknown', line: cause };
}
