import type { Dispatcher } from 'undici';
import { causeOf } from '../../bucket/cause.ts';
import type { BucketRequest, Failure, FlatHeaders, Sink } from '../../bucket/transport.ts';
import { endsUnseen } from '../server/abort.ts';
import { bringsBody } from '../server/head.ts';
import { endConnection } from '../server/linger.ts';
import { hasNoBody } from '../server/no-body.ts';
import { breakOff, type Client, noteLast, sentOf, writeReply } from './client.ts';
import { streamed } from './collect.ts';
import { closedWhenReused, failureOf } from './failure.ts';
import type { Turn } from './gate.ts';
import type { Line } from './pools.ts';
import { openUpload } from './upload.ts';

/**
 * Sends a request to its bucket and writes what comes back straight to the client: undici's chunks go to
 * the outgoing response as they are, and each side waits for the other. Once a head is out, a bucket that
 * breaks off breaks the client's connection too: never a short answer that looks whole (promise 3).
 */
export function send(
  { pool, gate, servername, timeouts }: Line,
  request: BucketRequest,
  client: Client,
  sink: Sink,
  key: string,
): void {
  const { incoming, outgoing } = client;
  const count = { received: 0, sent: 0 };
  const upload = bringsBody(client.head) ? openUpload(client, count, timeouts, late) : null;
  let controller: Dispatcher.DispatchController | undefined;
  let dispatched = false;
  let begun = false;
  let failure: Failure | null = null;
  let cause: string | null = null;
  let length = -1;
  let isEmpty = false;
  // Of this answer, be it a part of its head.
  let heard = false;
  let informed = 0;
  let deadline: NodeJS.Timeout | undefined;
  let abandoned = false;
  // A bucket may close a kept connection in the moment it is used again. Only what changes nothing is asked twice.
  let retries = upload === null && (request.method === 'GET' || request.method === 'HEAD') ? 1 : 0;

  const turn: Turn = {
    client: key,
    go: dispatch,
    refuse: () => failed('BucketBusy'),
    moved: () => count.received + count.sent,
    waits: () => (begun && outgoing.writableNeedDrain) || upload?.waits() === true,
    end: () => late('ClientTooSlow'),
  };
  client.onClose(() => {
    const gone = !outgoing.writableFinished && failure === null;
    if (gone) {
      gate.cancel(turn);
      if (controller !== undefined) controller.abort(new Error('the client has gone'));
      // undici can't be told to make no connection; it is told once there is one.
      else if (dispatched) abandoned = gate.abandon(turn);
    }
    sink.end({ ...count, failure: gone ? 'ClientGone' : failure, cause });
  });
  function failed(found: Failure, error?: unknown): void {
    // An upload that the client broke off fails towards the bucket as well; its own end is told on close.
    if (failure !== null || client.closed() || incoming.errored !== null) return;
    failure = found;
    if (error !== undefined) cause = causeOf(error);
    if (begun) {
      breakOff(client);
      return;
    }
    begun = true;
    if (found === 'ClientTimeout' || found === 'ClientTooSlow') endConnection(client.incoming, outgoing);
    const reply = sink.fail(found);
    writeReply(client, reply, (gone) =>
      sink.end({ received: count.received, sent: sentOf(client, reply), failure: failure ?? gone, cause }),
    );
  }

  function late(whose: Failure): void {
    failed(whose);
    controller?.abort(new Error(whose));
  }
  function over(): void {
    upload?.stop();
    clearTimeout(deadline);
    if (abandoned) gate.settle();
    else gate.leave(turn);
  }

  function dispatch(): void {
    dispatched = true;
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.target,
      // Neither undici nor Node's response changes a list it is given.
      headers: request.headers as string[],
      body: upload === null ? null : upload.open(),
      // undici's own would run while the body is sent.
      headersTimeout: upload === null ? timeouts.head : 0,
      // Unless told, undici takes the Host header for it, and begins a new connection whenever that differs.
      servername,
    };
    pool().dispatch(options, handler);
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started;
      if (client.closed()) started.abort(new Error('the client has gone'));
      else upload?.begun();
    },
    onBodySent: () => upload?.moved(),
    onRequestSent: () => upload?.ended(),
    onResponseStarted: () => {
      heard = true;
    },
    onResponseStart: (receiving, status) => {
      // 103 and its like are for the bucket's own client, the edge; they are never the answer.
      if (status >= 100 && status < 200) {
        informed += 1;
        if (informed > MAX_INFORMED) {
          failed('BucketAnswerInvalid');
          receiving.abort(new Error('the answer does not begin'));
        }
        // Each of them puts undici's own limit off.
        if (upload === null) deadline ??= setTimeout(late, timeouts.head, 'BucketHeadTimeout');
        return;
      }
      upload?.stop();
      clearTimeout(deadline);
      try {
        if (status < 100) throw new RangeError('no status is below 100');
        const headers = flatHeaders(receiving.rawHeaders);
        length = lengthOf(headers);
        isEmpty = status === 204 || status === 205;
        const sent = sink.head(status, headers);
        if (length === -1 && hasBody(client, status) && endsUnseen(incoming)) {
          failed('HTTPVersionNotSupported');
          receiving.abort(new Error('the end of this answer could not be seen'));
          return;
        }
        outgoing.writeHead(status, (isEmpty ? bodiless(status, sent) : sent) as string[]);
        noteLast(client);
      } catch (error) {
        // What can't be read, or what Node would refuse to send on.
        failed('BucketAnswerInvalid', error);
        receiving.abort(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      begun = true;
    },
    onResponseData: (receiving, chunk) => {
      if (isEmpty) return;
      count.sent += chunk.length;
      streamed(chunk.length);
      // With its last bytes: head, body and end are one write then.
      if (count.sent === length) outgoing.end(chunk);
      else if (!outgoing.write(chunk)) {
        receiving.pause();
        outgoing.once('drain', () => receiving.resume());
      }
    },
    onResponseEnd: () => {
      over();
      if (!outgoing.writableEnded) outgoing.end();
    },
    onResponseError: (_, error) => {
      if (
        retries > 0 &&
        !begun &&
        failure === null &&
        !heard &&
        !client.closed() &&
        closedWhenReused(error)
      ) {
        retries -= 1;
        controller = undefined;
        dispatch();
        return;
      }
      over();
      failed(failureOf(error), error);
    },
  };

  if (!client.closed()) gate.enter(turn);
}

/**
 * The length that a bucket says its body has; -1 where it says none. Throws where the body has a transfer coding
 * besides chunked, which would have to be taken off, or more than one, of which undici looks at the first alone
 * (RFC 9112 §6.1, §7.1).
 */
function lengthOf(headers: FlatHeaders): number {
  let length = -1;
  let isChunked = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === LENGTH.length && name.toLowerCase() === LENGTH) length = Number(headers[at + 1]);
    if (name.length !== CODING.length || name.toLowerCase() !== CODING) continue;
    if (isChunked || !/^chunked$/i.test(headers[at + 1] ?? ''))
      throw new TypeError('the body has another transfer coding than one chunked');
    isChunked = true;
  }
  return isChunked ? -1 : length;
}

/** Whether an answer may have a body (RFC 9112 §6.3). */
const hasBody = ({ incoming }: Client, status: number): boolean =>
  incoming.method !== 'HEAD' && !hasNoBody(status);

/** Most answers of 1xx before the one that counts. */
const MAX_INFORMED = 32;
const LENGTH = 'content-length';
const CODING = 'transfer-encoding';

/** The headers of an answer that has no body whatever they say (RFC 9110 §8.6, §15.3.6). */
function bodiless(status: number, headers: FlatHeaders): FlatHeaders {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    if (name !== CODING && name !== LENGTH) kept.push(headers[at] ?? '', headers[at + 1] ?? '');
  }
  if (status === 205) kept.push('Content-Length', '0');
  return kept;
}

function flatHeaders(raw: Dispatcher.DispatchController['rawHeaders']): FlatHeaders {
  if (!Array.isArray(raw)) throw new TypeError('the connection gives no raw headers');
  const flat: string[] = [];
  for (const item of raw) flat.push(typeof item === 'string' ? item : item.toString('latin1'));
  return flat;
}
