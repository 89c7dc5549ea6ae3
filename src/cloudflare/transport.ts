import { causeOf } from '../bucket/cause.ts';
import { BUCKET_TIMEOUTS } from '../bucket/limits.ts';
import type { BucketRequest, Failure, FlatHeaders, Outcome, Sink, Transport } from '../bucket/transport.ts';

export interface TransportOptions {
  /** The client's own request. */
  readonly client: Pick<Request, 'headers' | 'signal'>;
  /** Its headers, read. */
  readonly received: FlatHeaders;
  /** Somebody is told that the client leaves; the platform makes a signal for whoever asks. */
  readonly watched: boolean;
  /** Sent as CDN-Loop. */
  readonly cdnLoop: string;
}

const LENGTH = 'content-length';
const NO_BODY: readonly number[] = [204, 205, 304];

/**
 * Sends requests to buckets by the platform's `fetch`. A bucket's body goes into the new Response unread: only so does
 * workerd pass it on byte for byte, coded bodies too, without a script in the way. What happens to it afterwards nobody
 * tells the edge, so that a request has ended for `observe` when its head is there, with the lengths that were promised.
 */
export const createTransport =
  (options: TransportOptions): Transport =>
  ({ address: { base }, timeouts: { head } = BUCKET_TIMEOUTS }, request, sink) => {
    const end = options.watched ? endOnce(options.client.signal, sink) : sink.end;
    const failed = (failure: Failure, error?: unknown): Response => {
      const { status, headers, body } = sink.fail(failure);
      const bytes = encode(body);
      const cause = error === undefined ? null : causeOf(error, withoutSecrets(request));
      end({ received: 0, sent: bytes.length, failure, cause });
      return toResponse(status, headers, request.method === 'HEAD' ? null : bytes);
    };
    const passedOn = (answered: Response): Response => {
      const { status, body } = answered;
      // It speaks HTTP no more.
      if (status < 200) return failed('BucketBrokeOff');
      const whole = request.method === 'HEAD' || NO_BODY.includes(status);
      try {
        const response = new Response(whole ? null : body, answered);
        const { headers } = response;
        const own = flatten(headers);
        edit(headers, own, sink.head(status, own), 0);
        end({ received: lengthIn(request.headers), sent: whole ? 0 : lengthIn(own), failure: null });
        return response;
      } catch (error) {
        // A status that no answer can have; or the edge's own fault, which it has told.
        body?.cancel().catch(() => {});
        return failed('BucketAnswerInvalid', error);
      }
    };
    if (isChanged(request)) return failed('RequestInvalid');
    let answer: Promise<Response>;
    try {
      answer = fetch(base + request.target, initOf(request, options));
    } catch (error) {
      return failed(failureOf(error), error);
    }
    const broken = (error: unknown) => failed(failureOf(error), error);
    // `fetch` does not say when a body has been sent, and an upload takes its time: the platform limits it.
    return request.body === null
      ? inTime(answer, head, { passedOn, broken, late: () => failed('BucketHeadTimeout') })
      : answer.then(passedOn, broken);
  };

/** Tells of one end, be it that the client has left. */
function endOnce(signal: AbortSignal, sink: Sink): Sink['end'] {
  let ended = false;
  const end = (outcome: Outcome): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', gone);
    sink.end(outcome);
  };
  const gone = () => end({ received: 0, sent: 0, failure: 'ClientGone' });
  signal.addEventListener('abort', gone);
  return end;
}

/** What `fetch` would refuse, or ask for something else: a GET with a body, a path with dot segments. */
const isChanged = ({ method, target, body }: BucketRequest): boolean =>
  (method === 'GET' && body !== null) || /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target);

/** An answer with these headers and no others: of a body's bytes nobody guesses a type, as of a text. */
export function toResponse(status: number, headers: FlatHeaders, body: Bytes | null): Response {
  const response = new Response(body, { status });
  // workerd takes longer for headers that come with the Response, as a list of pairs five times as long.
  append(response.headers, headers, 0);
  return response;
}

type Bytes = ReturnType<TextEncoder['encode']>;

const encoder = new TextEncoder();

export const encode = (text: string): Bytes => encoder.encode(text);

/** A copy of the client's headers, edited: what stays goes on as workerd took it, which is nearly as it came. */
function initOf(
  { method, headers: wanted, body }: BucketRequest,
  { client, received, cdnLoop }: TransportOptions,
): RequestInit {
  const headers = new Headers(client.headers);
  // Behind Host, which `fetch` writes by itself.
  edit(headers, received, wanted, 2);
  headers.append('CDN-Loop', cdnLoop);
  return { method, headers, body: body as ReadableStream | null, redirect: 'manual' };
}

function append(headers: Headers, flat: FlatHeaders, from: number): void {
  for (let at = from; at < flat.length; at += 2) headers.append(flat[at] ?? '', flat[at + 1] ?? '');
}

/**
 * Makes headers that are `own` into those of `wanted` behind `from`, which keep the order, lack some names and have others
 * at their end. A name stays with all its values or with none. What stays is not touched.
 */
export function edit(headers: Headers, own: FlatHeaders, wanted: FlatHeaders, from: number): void {
  let kept = from;
  for (let at = 0; at < own.length; at += 2) {
    if (own[at] === wanted[kept] && own[at + 1] === wanted[kept + 1]) kept += 2;
    else headers.delete(own[at] ?? '');
  }
  append(headers, wanted, kept);
}

function flatten(headers: Headers): string[] {
  const flat: string[] = [];
  headers.forEach((value, name) => {
    flat.push(name, value);
  });
  return flat;
}

function lengthIn(headers: FlatHeaders): number {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === LENGTH.length && name.toLowerCase() === LENGTH) return Number(headers[at + 1]);
  }
  return 0;
}

interface Made {
  readonly passedOn: (answered: Response) => Response;
  readonly broken: (error: unknown) => Response;
  readonly late: () => Response;
}

/**
 * What is made of the first of three: an answer, its failure, the end of the time. What comes too late is dropped with the
 * request: a signal to abort it by would stand in the body's way as well. One promise for all of it: each costs workerd
 * microseconds.
 */
function inTime(
  answer: Promise<Response>,
  limit: number,
  { passedOn, broken, late }: Made,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const settle = (made: () => Response): void => {
      if (!waiting) return;
      waiting = false;
      try {
        resolve(made());
      } catch (error) {
        reject(error);
      }
    };
    // Left behind: it ends with its request, and until then settles nothing that is settled.
    setTimeout(() => settle(late), limit);
    answer.then(
      (answered) => settle(() => passedOn(answered)),
      (error) => settle(() => broken(error)),
    );
  });
}

/** workerd has one sentence for a connection that was refused, reset or spoke no HTTP. */
function failureOf(error: unknown): Failure {
  if (error instanceof TypeError) return 'RequestInvalid';
  return error instanceof Error && /connection lost/i.test(error.message)
    ? 'BucketBrokeOff'
    : 'BucketUnreachable';
}

/** `fetch` may repeat the URL and values of headers in its messages: a signature in either does not reach a log. */
const withoutSecrets =
  ({ target, headers }: BucketRequest) =>
  (text: string): string => {
    const query = target.indexOf('?');
    let clean = query < 0 ? text : text.replaceAll(target.slice(query), '?…');
    for (let at = 0; at < headers.length; at += 2) {
      const value = headers[at + 1] ?? '';
      if (value !== '' && SECRET.test(headers[at] ?? '')) clean = clean.replaceAll(value, '…');
    }
    return clean;
  };

const SECRET = /^(?:authorization|cookie|proxy-authorization|.*security-token)$/i;
