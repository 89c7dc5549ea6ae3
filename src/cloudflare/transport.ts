import { causeOf } from '../bucket/cause.ts';
import { BUCKET_TIMEOUTS } from '../bucket/limits.ts';
import {
  type BucketRequest,
  type Failure,
  type FlatHeaders,
  isReply,
  type Outcome,
  type Reply,
  type Sink,
  type Transport,
} from '../bucket/transport.ts';

export interface TransportOptions {
  /** The client's own request. */
  readonly client: Pick<Request, 'headers' | 'signal'>;
  /** The client's headers. */
  readonly received: FlatHeaders;
  /** Report clients that leave. The platform creates `request.signal` on first access, which costs time. */
  readonly watched: boolean;
  /** Sent as CDN-Loop. */
  readonly cdnLoop: string;
}

const LENGTH = 'content-length';
const NO_BODY: readonly number[] = [204, 205, 304];

/**
 * Sends requests to buckets by the platform's `fetch`. The bucket's body goes into the new Response unread: workerd then
 * passes it on byte for byte, compressed bodies too, without running the script. The platform does not report the end of
 * the body, so `observe` gets the request when the head arrives, with the announced lengths.
 */
export const createTransport =
  (options: TransportOptions): Transport =>
  ({ address: { base }, timeouts: { head } = BUCKET_TIMEOUTS }, request, sink) => {
    const end = options.watched
      ? endOnce(options.client.signal, sink)
      : (outcome: Outcome) => sink.end(outcome);
    const failed = (failure: Failure, error?: unknown): Response => {
      const cause = error === undefined ? null : causeOf(error, withoutSecrets(request));
      return replied(sink.fail(failure), failure, cause);
    };
    const replied = (
      { status, headers, body }: Reply,
      failure: Failure | null,
      cause: string | null,
    ): Response => {
      const bytes = encode(body);
      end({ received: 0, sent: bytes.length, failure, cause });
      return toResponse(status, headers, request.method === 'HEAD' ? null : bytes);
    };
    const passedOn = (answered: Response): Response | Promise<Response> => {
      // 101: the connection has left HTTP.
      if (answered.status < 200) return failed('BucketBrokeOff');
      const wait = sink.before(answered.status);
      return wait === null ? begun(answered) : wait.then(() => begun(answered));
    };
    const begun = (answered: Response): Response => {
      const { status, body } = answered;
      const whole = request.method === 'HEAD' || NO_BODY.includes(status);
      try {
        const own = flatten(answered.headers);
        const sent = sink.head(status, own);
        if (isReply(sent)) {
          body?.cancel().catch(() => {});
          return replied(sent, null, null);
        }
        const response = new Response(whole ? null : body, answered);
        edit(response.headers, own, sent, 0);
        end({ received: lengthIn(request.headers), sent: whole ? 0 : lengthIn(own), failure: null });
        return response;
      } catch (error) {
        // An invalid status, or the edge's own fault, which `onError` has reported.
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

/** Returns a function that reports the end once: the outcome, or that the client has left. */
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

/** Whether `fetch` would refuse or change the request: a GET with a body, a path with dot segments. */
const isChanged = ({ method, target, body }: BucketRequest): boolean =>
  (method === 'GET' && body !== null) || /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target);

/** A response with these headers only. The body is bytes: `Response` adds a Content-Type to text. */
export function toResponse(status: number, headers: FlatHeaders, body: Bytes | null): Response {
  const response = new Response(body, { status });
  // workerd needs more time for headers in the constructor's `init`, five times as much for a list of pairs.
  append(response.headers, headers, 0);
  return response;
}

type Bytes = ReturnType<TextEncoder['encode']>;

const encoder = new TextEncoder();

export const encode = (text: string): Bytes => encoder.encode(text);

/** Edits a copy of the client's headers: workerd sends unchanged ones nearly as they came. */
function initOf(
  { method, headers: wanted, body }: BucketRequest,
  { client, received, cdnLoop }: TransportOptions,
): RequestInit {
  const headers = new Headers(client.headers);
  // After Host, which `fetch` writes.
  edit(headers, received, wanted, 2);
  headers.append('CDN-Loop', cdnLoop);
  return { method, headers, body: body as ReadableStream | null, redirect: 'manual' };
}

function append(headers: Headers, flat: FlatHeaders, from: number): void {
  for (let at = from; at < flat.length; at += 2) headers.append(flat[at] ?? '', flat[at + 1] ?? '');
}

/**
 * Changes `headers`, which contain `own`, to those of `wanted` from the index `from` on. `wanted` has the same order,
 * lacks some names and has others at its end. A name stays with all its values or with none.
 */
export function edit(headers: Headers, own: FlatHeaders, wanted: FlatHeaders, from: number): void {
  let unchanged = from;
  for (let at = 0; at < own.length; at += 2) {
    if (own[at] === wanted[unchanged] && own[at + 1] === wanted[unchanged + 1]) unchanged += 2;
    else headers.delete(own[at] ?? '');
  }
  append(headers, wanted, unchanged);
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
  readonly passedOn: (answered: Response) => Response | Promise<Response>;
  readonly broken: (error: unknown) => Response;
  readonly late: () => Response;
}

/**
 * The response to the first of three events: the bucket's response, its failure, the timeout. A later response is dropped
 * with the request: a signal that aborts it would also abort the body. One promise for all three: each costs workerd
 * microseconds.
 */
function inTime(
  answer: Promise<Response>,
  limit: number,
  { passedOn, broken, late }: Made,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const settle = (made: () => Response | Promise<Response>): void => {
      if (!waiting) return;
      waiting = false;
      try {
        resolve(made());
      } catch (error) {
        reject(error);
      }
    };
    // Deliberately not cleared: it ends with its request, and a second `settle` does nothing.
    setTimeout(() => settle(late), limit);
    answer.then(
      (answered) => settle(() => passedOn(answered)),
      (error) => settle(() => broken(error)),
    );
  });
}

/** workerd has one message for a connection that is refused, is reset or does not speak HTTP. */
function failureOf(error: unknown): Failure {
  if (error instanceof TypeError) return 'RequestInvalid';
  return error instanceof Error && /connection lost/i.test(error.message)
    ? 'BucketBrokeOff'
    : 'BucketUnreachable';
}

/** Messages of `fetch` can quote the URL and header values: a signature in either must not reach a log (promise 7). */
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
