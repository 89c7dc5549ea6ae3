import type { BucketRequest, Failure, Sink } from '../../bucket/transport.ts';
import type { Call, Calling, Receiver } from '../http1/call.ts';
import { isSafe } from '../http1/connection.ts';
import { bringsBody } from '../server/head.ts';
import type { Client } from './client.ts';
import { closedWhenReused, failureOf } from './failure.ts';
import type { Permit } from './gate.ts';
import type { Line } from './pools.ts';
import { type ClientResponse, type Count, openResponse } from './response.ts';
import { openUpload, type Upload } from './upload.ts';

/**
 * The bucket's side of an exchange. queued: waits at the gate. connecting: there is no connection for it yet. sent: it is
 * on a connection. answering: bytes of a response have arrived. ended: nothing more comes from the bucket. A retry goes
 * back from sent to connecting. The client's side is `ClientResponse`.
 */
type Stage = 'queued' | 'connecting' | 'sent' | 'answering' | 'ended';

interface Sending {
  readonly line: Line;
  readonly request: BucketRequest;
  readonly client: Client;
  readonly response: ClientResponse;
  /** The request's body; null if it has no body. */
  readonly upload: Upload | null;
  readonly permit: Permit;
  stage: Stage;
  /** Null before there is one, and while it is begun. */
  calling: Calling | null;
  /** It waits, and is counted among those that do. */
  isCounted: boolean;
  /** It may be sent again. */
  mayRepeat: boolean;
  isRetry: boolean;
}

/**
 * Sends a request to its bucket and streams the response to the client: its chunks go unchanged to the outgoing
 * response, and each side waits for the other. If the bucket fails after its head was sent, the client's connection
 * breaks, so that a short response never looks complete (promise 3). `key` identifies the client at the gate.
 */
export function send(line: Line, request: BucketRequest, client: Client, sink: Sink, key: string): void {
  const count: Count = { received: 0, sent: 0 };
  const response = openResponse(client, sink, count);
  const upload = bringsBody(client.head)
    ? openUpload(client, count, line.timeouts, (failure) => expire(sending, failure))
    : null;
  const permit = line.gate.permit({
    client: key,
    go: () => {
      leaveQueue(sending, sink);
      connect(sending);
    },
    refuse: () => {
      leaveQueue(sending, sink);
      sending.stage = 'ended';
      response.fail('BucketBusy');
    },
    moved: () => count.received + count.sent,
    waits: () => response.waits() || upload?.waits() === true,
    end: () => expire(sending, 'ClientTooSlow'),
  });
  const sending: Sending = {
    line,
    request,
    client,
    response,
    upload,
    permit,
    stage: 'queued',
    calling: null,
    isCounted: false,
    mayRepeat: upload === null && isSafe(request.method),
    isRetry: false,
  };
  client.onClose(() => {
    leaveQueue(sending, sink);
    if (response.close()) abandon(sending);
  });
  if (client.closed()) return;
  permit.request();
  if (sending.stage === 'queued' && sink.underway !== undefined) {
    sink.underway.queued += 1;
    sending.isCounted = true;
  }
}

/** Counts a request no more among those that wait. */
function leaveQueue(sending: Sending, { underway }: Sink): void {
  if (!sending.isCounted || underway === undefined) return;
  sending.isCounted = false;
  underway.queued -= 1;
}

/** Queued to connecting, and again for a retry. */
function connect(sending: Sending): void {
  const { line, request, upload } = sending;
  sending.stage = 'connecting';
  sending.calling = null;
  const call: Call = {
    method: request.method,
    target: request.target,
    headers: request.headers,
    body: upload === null ? null : upload.open(),
    // An upload has limits of its own.
    headLimit: upload === null ? line.timeouts.head : 0,
    idleLimit: line.timeouts.idle,
    isRetry: sending.isRetry,
  };
  sending.calling = line.ask(call, receiverOf(sending));
}

/** Takes what comes back from the bucket. */
function receiverOf(sending: Sending): Receiver {
  const { client, response, upload } = sending;
  return {
    sent: () => {
      sending.stage = 'sent';
      upload?.begun();
    },
    moved: () => upload?.moved(),
    uploaded: () => upload?.ended(),
    started: () => {
      sending.stage = 'answering';
    },
    head: (status, headers, length) => {
      upload?.stop();
      if (sending.calling !== null) response.start({ status, headers, length }, sending.calling);
    },
    data: (chunk) => {
      if (response.write(chunk)) return;
      sending.calling?.pause();
      // Parts that have arrived before come in spite of the pause.
      const { outgoing } = client;
      if (outgoing.listenerCount('drain') === 0) outgoing.once('drain', () => sending.calling?.resume());
    },
    isDone: () => response.isFlushed(),
    end: () => {
      end(sending);
      response.end();
    },
    fail: (error) => {
      if (mayRetry(sending, error)) {
        sending.isRetry = true;
        connect(sending);
        return;
      }
      end(sending);
      response.fail(failureOf(error), error);
    },
  };
}

/**
 * A bucket may close an idle connection at the moment at which it is used again. The request is sent once more if not a
 * byte of a response has arrived and the client still waits; one that changes something only if it was not sent yet.
 */
const mayRetry = ({ stage, mayRepeat, isRetry, response, client }: Sending, error: Error): boolean =>
  !isRetry &&
  (stage === 'connecting' || (stage === 'sent' && mayRepeat)) &&
  response.isPending() &&
  !client.closed() &&
  closedWhenReused(error);

/** Fails a request that is on its connection, because a time limit of its client or its bucket has passed. */
function expire({ response, calling }: Sending, failure: Failure): void {
  response.fail(failure);
  calling?.abort(new Error(failure));
}

/** The client has left: takes the request back from wherever it is. */
function abandon(sending: Sending): void {
  const { permit, calling } = sending;
  if (sending.stage === 'queued') permit.release();
  else calling?.abort(new Error('the client has gone'));
  // Only undici: it cannot cancel a connection attempt.
  if (sending.stage === 'connecting') permit.abandon();
}

/** From any stage to ended. */
function end(sending: Sending): void {
  sending.stage = 'ended';
  sending.upload?.stop();
  sending.permit.release();
}
