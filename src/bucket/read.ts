import { decodeText } from '../document/decode.ts';
import { joined } from './sign/bytes.ts';
import type { Address, BucketRequest, FlatHeaders, Sign } from './transport.ts';

export interface SmallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ReadLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Reads one small response into memory, for example a rules document. Follows no redirects. */
export type Read = (url: string, headers: FlatHeaders, limits: ReadLimits) => Promise<SmallAnswer>;

/**
 * Reads with the platform's `fetch`. Rejects with the error of `fetch`, with the signal's reason after an abort, and with
 * a RangeError when the body is longer than `maxBytes`.
 */
export const readByFetch: Read = (url, headers, limits) => readWith({}, url, headers, limits);

/** Reads with `cache: 'no-store'`, which workerd supports from the compatibility date 2024-11-11 on. */
export const readUncached: Read = (url, headers, limits) =>
  readWith({ cache: 'no-store' }, url, headers, limits);

async function readWith(
  init: RequestInit,
  url: string,
  headers: FlatHeaders,
  { maxBytes, signal }: ReadLimits,
): Promise<SmallAnswer> {
  const sent = new Headers();
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    // `fetch` takes Host from the URL and does not allow to set it.
    if (name.toLowerCase() !== 'host') sent.append(name, headers[at + 1] ?? '');
  }
  const ask = () => fetch(url, { ...init, headers: sent, redirect: 'manual', signal });
  // The server may close an idle connection at the moment of its reuse. A GET is safe to retry.
  const response = await ask().catch((error) => (isClosed(error) ? ask() : Promise.reject(error)));
  return { status: response.status, headers: response.headers, text: await textOf(response, maxBytes) };
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && /other side closed/.test(error.cause.message);

/** Returns the URL of a bucket's rules. */
export const rulesUrl = ({ base, path }: Address): string => `${base}${path}/?cors`;

/** The name of an error of `sign`: the credentials are at fault, and no request was sent. */
export const UNSIGNED = 'Unsigned';

/**
 * Returns a function that requests a bucket's rules, with the given headers, signed by `sign`. Rejects as `read` does, and
 * with an error named UNSIGNED.
 */
export const askForRules =
  (address: Address, read: Read, sign: Sign = (request) => request) =>
  async ({ headers, ...limits }: ReadLimits & { readonly headers: FlatHeaders }): Promise<SmallAnswer> => {
    const target = `${address.path}/?cors`;
    const sent = ['Host', address.host, ...headers];
    const signed = await signedBy(sign, { method: 'GET', target, headers: sent, body: null });
    return read(address.base + signed.target, signed.headers, limits);
  };

/** Signs a request. Rejects with an error named UNSIGNED. */
export async function signedBy(sign: Sign, request: BucketRequest): Promise<BucketRequest> {
  try {
    return await sign(request);
  } catch (error) {
    if (error instanceof Error) error.name = UNSIGNED;
    throw error;
  }
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return decodeText(joined(chunks));
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new RangeError(`the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
}
