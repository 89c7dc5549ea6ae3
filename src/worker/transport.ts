import type { BucketRequest, Failure, FlatHeaders, Outcome, Transport } from '../bucket/transport.ts';

export interface TransportOptions {
  readonly request: Request;
  /** Sent as CDN-Loop. */
  readonly cdnLoop: string;
}

/**
 * Milliseconds that a bucket may take to begin its answer, as on Node; of requests without a body. `fetch` tells nobody
 * when a body is sent, and an upload takes its time: the platform's own limits hold for it.
 */
const HEAD_TIMEOUT = 60_000;
const NO_BODY: readonly number[] = [204, 205, 304];

/**
 * Sends requests to buckets by the platform's `fetch`. A bucket's body goes into the new Response unread: only so does
 * workerd pass it on byte for byte, coded bodies too, without a script in the way. What happens to it afterwards nobody
 * tells the edge, so that a request has ended for `observe` when its head is there, with the lengths that were promised.
 */
export const createTransport =
  ({ request: client, cdnLoop }: TransportOptions): Transport =>
  async ({ base }, request, sink) => {
    // Asked for here: a preflight needs none, and the platform makes it for whoever asks.
    const { signal } = client;
    let ended = false;
    const end = (outcome: Outcome): void => {
      if (ended) return;
      ended = true;
      signal.removeEventListener('abort', gone);
      sink.end(outcome);
    };
    const received = lengthIn(request.headers);
    const gone = () => end({ received: 0, sent: 0, failure: 'ClientGone' });
    signal.addEventListener('abort', gone);
    const failed = (failure: Failure): Response => {
      const reply = sink.fail(failure);
      end({ received: 0, sent: bytesOf(reply.body), failure });
      return toResponse(reply.status, reply.headers, request.method === 'HEAD' ? null : reply.body);
    };
    if (isChanged(request)) return failed('RequestInvalid');
    let answered: Response;
    try {
      const answer = fetch(base + request.target, initOf(request, cdnLoop));
      answered = await (request.body === null ? inTime(answer) : answer);
    } catch (error) {
      return failed(failureOf(error));
    }
    const { status, headers, body } = answered;
    // It speaks HTTP no more.
    if (status < 200) return failed('BucketBrokeOff');
    const whole = request.method === 'HEAD' || NO_BODY.includes(status);
    try {
      const response = toResponse(status, sink.head(status, flatten(headers)), whole ? null : body);
      end({ received, sent: whole ? 0 : Number(headers.get('content-length') ?? 0), failure: null });
      return response;
    } catch {
      // A status that no answer can have.
      await body?.cancel();
      return failed('BucketAnswerInvalid');
    }
  };

/** What `fetch` would refuse, or ask for something else: a GET with a body, a path with dot segments. */
const isChanged = ({ method, target, body }: BucketRequest): boolean =>
  (method === 'GET' && body !== null) || /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target);

/** An answer with these headers and no others. */
export function toResponse(status: number, headers: FlatHeaders, body: BodyInit | null): Response {
  return new Response(body, { status, headers: initFrom(headers) });
}

export const bytesOf = (text: string): number => (text === '' ? 0 : new TextEncoder().encode(text).length);

function initOf({ method, headers, body }: BucketRequest, cdnLoop: string): RequestInit {
  const sent: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length !== 4 || name.toLowerCase() !== 'host') sent.push(name, headers[at + 1] ?? '');
  }
  sent.push('CDN-Loop', cdnLoop);
  return {
    method,
    headers: initFrom(sent),
    body: body as ReadableStream | null,
    redirect: 'manual',
  };
}

/** A record where no name comes twice: workerd takes three times as long to read a list of pairs. */
function initFrom(headers: FlatHeaders): HeadersInit {
  const record: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    // Also what every object has, `constructor` and `__proto__` among it.
    if (name in record) return pairs(headers);
    record[name] = headers[at + 1] ?? '';
  }
  return record;
}

function pairs(headers: FlatHeaders): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at < headers.length; at += 2) list.push([headers[at] ?? '', headers[at + 1] ?? '']);
  return list;
}

function flatten(headers: Headers): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  return flat;
}

function lengthIn(headers: FlatHeaders): number {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  return at < 0 ? 0 : Number(headers[at + 1]);
}

const LATE = Symbol('late');

/** What comes too late is dropped with the request: a signal to abort it by would stand in the body's way as well. */
async function inTime(answer: Promise<Response>): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(LATE), HEAD_TIMEOUT);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** workerd has one sentence for a connection that was refused, reset or spoke no HTTP. */
function failureOf(error: unknown): Failure {
  if (error === LATE) return 'BucketHeadTimeout';
  if (error instanceof TypeError) return 'RequestInvalid';
  return error instanceof Error && /connection lost/i.test(error.message)
    ? 'BucketBrokeOff'
    : 'BucketUnreachable';
}
