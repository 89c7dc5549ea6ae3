import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';
import type { BucketRequest, Failure, FlatHeaders, Sink } from '../bucket/transport.ts';
import { type Client, sentOf, writeReply } from './client.ts';
import { failureOf } from './failure.ts';

/**
 * Sends a request to its bucket and writes what comes back straight to the client: undici's chunks go to
 * the outgoing response as they are, and each side waits for the other. Once a head is out, a bucket that
 * breaks off breaks the client's connection too: never a short answer that looks whole (promise 3).
 */
export function send(pool: Pool, request: BucketRequest, client: Client, sink: Sink): void {
  const { incoming, outgoing } = client;
  const count = { received: 0, sent: 0 };
  let controller: Dispatcher.DispatchController | undefined;
  let begun = false;
  let failure: Failure | null = null;

  const ended = (): void => {
    const gone = !outgoing.writableFinished && failure === null;
    if (gone) controller?.abort(new Error('the client has gone'));
    sink.end({ ...count, failure: gone ? 'ClientGone' : failure });
  };
  client.onClose(ended);
  if (client.closed()) return;

  function failed(found: Failure): void {
    // An upload that the client broke off fails towards the bucket as well; its own end is told by `ended`.
    if (failure !== null || client.closed() || incoming.errored !== null) return;
    failure = found;
    if (begun) {
      outgoing.destroy();
      return;
    }
    begun = true;
    const reply = sink.fail(found);
    writeReply(client, reply, (gone) =>
      sink.end({ received: count.received, sent: sentOf(client, reply), failure: failure ?? gone }),
    );
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started;
      if (client.closed()) started.abort(new Error('the client has gone'));
    },
    onResponseStart: (receiving, status) => {
      // 103 and its like are for the bucket's own client, the edge; they are never the answer.
      if (status < 200) return;
      try {
        const headers = flatHeaders(receiving.rawHeaders);
        if (!isPlain(codingOf(headers)))
          throw new TypeError('the body has a transfer coding besides chunked');
        outgoing.writeHead(status, [...sink.head(status, headers)]);
      } catch (error) {
        // What can't be read, or what Node would refuse to send on.
        failed('BucketAnswerInvalid');
        receiving.abort(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      begun = true;
      outgoing.on('drain', () => receiving.resume());
    },
    onResponseData: (receiving, chunk) => {
      count.sent += chunk.length;
      if (!outgoing.write(chunk)) receiving.pause();
    },
    onResponseEnd: () => {
      outgoing.end();
    },
    onResponseError: (_, error) => failed(failureOf(error)),
  };

  try {
    pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: request.target,
        headers: [...request.headers],
        body: bodyOf(incoming, count),
      },
      handler,
    );
  } catch (error) {
    failed(failureOf(error));
  }
}

/**
 * The client's body, or null when it sends none (RFC 9112 §6.3). Not the stream itself: undici destroys the
 * body of a failed request, which would take away the connection that the error has to go out on.
 */
function bodyOf(incoming: IncomingMessage, count: { received: number }) {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  if (encoding === undefined && (length === undefined || Number(length) === 0)) return null;
  const chunks = async function* () {
    try {
      for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
        count.received += chunk.length;
        yield chunk as Buffer;
      }
    } finally {
      // Not before the iterator has let go: its going away would stop the flow again.
      drain(incoming);
    }
  };
  return Readable.from(chunks(), { objectMode: false });
}

const codingOf = (headers: FlatHeaders): string | undefined => {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === 'transfer-encoding') return headers[at + 1];
  }
  return undefined;
};

/** Any other coding would have to be taken off, or the body would be another one (RFC 9112 §6.1). */
const isPlain = (coding: string | undefined): boolean => coding === undefined || /^chunked$/i.test(coding);

/** Takes the rest of an upload that nobody wants off the wire, so that the next request can be read. */
function drain(incoming: IncomingMessage): void {
  if (!incoming.readableEnded && !incoming.destroyed) incoming.resume();
}

function flatHeaders(raw: Dispatcher.DispatchController['rawHeaders']): FlatHeaders {
  if (!Array.isArray(raw)) throw new TypeError('the connection gives no raw headers');
  return raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}
