import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { Read, ReadLimits, SmallAnswer } from '../../bucket/read.ts';
import type { FlatHeaders } from '../../bucket/transport.ts';
import type { SmallWrite } from '../../bucket/write.ts';
import { decodeText } from '../../document/decode.ts';
import type { Ask, Call } from '../http1/call.ts';
import { closedByBucket, closedWhenReused } from './failure.ts';
import type { Pools } from './pools.ts';

/** By Content-Encoding. The edge asks for no coding, but some servers send one. */
type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/**
 * Reads over pooled connections, at a fraction of the CPU time of `fetch`, because rules are read while requests run.
 * Rejects with the errors of a call, with the signal's reason when it aborts, and with a RangeError if the body is longer than
 * `maxBytes`.
 */
export const readByPools =
  (pools: Pools): Read =>
  (url, headers, limits) =>
    askSmall(pools, { url, method: 'GET', headers, body: null }, limits, 1);

/** A small request, whose answer is read into memory. */
export interface SmallRequest {
  readonly url: string;
  readonly method: 'GET' | SmallWrite['method'];
  readonly headers: FlatHeaders;
  readonly body: SmallWrite['body'];
}

/** Sends a request, again so often where the bucket closes the connection without a byte, and reads the answer. */
export async function askSmall(
  pools: Pools,
  { url, method, headers, body }: SmallRequest,
  limits: ReadLimits,
  retries: number,
): Promise<SmallAnswer> {
  const { base, target } = partsOf(url);
  const named = hostOf(headers);
  const host = named ?? new URL(base).host;
  const { ask } = pools({ address: { base, host, path: '' } });
  const sent = named === undefined ? ['Host', host, ...headers] : headers;
  // `limits` have one limit for all of it.
  const call: Call = { method, target, headers: sent, body, headLimit: 0, idleLimit: 0 };
  const answer = await receive(ask, call, limits, retries);
  const received = headersOf(answer.headers);
  const bytes = await decoded(answer.body, received.get('content-encoding'), limits.maxBytes);
  return { status: answer.status, headers: received, text: decodeText(bytes) };
}

/** The name for TLS is that of the Host header. */
function hostOf(headers: FlatHeaders): string | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  return at === -1 ? undefined : headers[at + 1];
}

interface Received {
  readonly status: number;
  readonly headers: FlatHeaders;
  /** Still encoded. */
  readonly body: Buffer;
}

function receive(ask: Ask, call: Call, { maxBytes, signal }: ReadLimits, retries: number): Promise<Received> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let heard = false;
    let head: FlatHeaders = [];
    const chunks: Buffer[] = [];
    let size = 0;
    const late = () => calling.abort(signal.reason);
    const settle = () => signal.removeEventListener('abort', late);
    const calling = ask(call, {
      sent: () => {},
      moved: () => {},
      uploaded: () => {},
      started: () => {
        heard = true;
      },
      head: (code, headers) => {
        [status, head] = [code, headers];
      },
      data: (chunk) => {
        size += chunk.length;
        if (size > maxBytes) calling.abort(tooLong(maxBytes));
        else chunks.push(Buffer.from(chunk));
      },
      isDone: () => true,
      end: () => {
        settle();
        resolve({ status, headers: head, body: Buffer.concat(chunks, size) });
      },
      fail: (error) => {
        settle();
        // The bucket may close or reset an idle connection at the moment at which it is used again. A GET may be sent
        // twice, so a new connection that the bucket closes without a byte is tried again too. Its reset is an answer.
        const again = retries > 0 && !heard && (closedWhenReused(error) || closedByBucket(error));
        if (again) resolve(receive(ask, { ...call, isRetry: true }, { maxBytes, signal }, retries - 1));
        else reject(error);
      },
    });
    if (signal.aborted) late();
    else signal.addEventListener('abort', late, { once: true });
  });
}

const SENDABLE = /^[\x21-\x7e]+$/;

/** The target unchanged: a signature covers it, so it must not be normalised. */
function partsOf(url: string): { readonly base: string; readonly target: string } {
  const { origin, pathname, search } = new URL(url);
  const written = url.split('#', 1)[0] ?? '';
  const raw = written.startsWith(`${origin}/`) && SENDABLE.test(written);
  return { base: origin, target: raw ? written.slice(origin.length) : pathname + search };
}

async function decoded(bytes: Buffer, coding: string | null, maxBytes: number): Promise<Buffer> {
  if (coding === null || bytes.length === 0 || coding.toLowerCase() === 'identity') return bytes;
  const decode = DECODERS.get(coding.toLowerCase());
  if (decode === undefined) throw new TypeError(`its Content-Encoding ${coding} is not known here`);
  return decode(bytes, { maxOutputLength: maxBytes }).catch((error) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(maxBytes) : error;
  });
}

const tooLong = (maxBytes: number): RangeError =>
  new RangeError(`the answer is longer than ${maxBytes} bytes`);

function headersOf(received: FlatHeaders): Headers {
  const headers = new Headers();
  for (let at = 0; at < received.length; at += 2) headers.append(received[at] ?? '', received[at + 1] ?? '');
  return headers;
}
