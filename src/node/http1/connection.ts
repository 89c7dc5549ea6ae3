import type { LookupFunction } from 'node:net';
import type { Call, Calling, Receiver } from './call.ts';
import { dial, type Place, type Sessions } from './dial.ts';
import { type Fault, fault } from './fault.ts';
import { createLimit } from './limit.ts';
import { openReadBuffer } from './read-buffer.ts';
import { openReader } from './reader.ts';
import { requestHead } from './request.ts';
import { sendBody, type Upload } from './upload.ts';

/** One connection, which carries one request at a time. */
export interface Connection {
  /** Sends a request. Call it for a new connection, and after `idle`. */
  carry(call: Call, receiver: Receiver): Calling;
  /** Whether it can carry a request. False some time before `closed` is called. */
  isOpen(): boolean;
  /** By `performance.now`. */
  readonly madeAt: number;
  /** Ends a connection that carries no request. */
  end(): void;
}

export interface ConnectionOptions {
  readonly sessions: Sessions;
  readonly lookup: LookupFunction | undefined;
  /** A response has ended, and the connection can carry the next request: at most after so many seconds, if not null. */
  readonly idle: (connection: Connection, seconds: number | null) => void;
  /** Called once, when the connection has ended. */
  readonly closed: (connection: Connection) => void;
}

/** Only a request that changes nothing at the bucket may be sent twice. */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * Calls `next` when the event loop has looked for bytes once more. The bucket may have closed a connection that the edge
 * takes for open: a request that must not be sent twice waits until that would be known.
 */
const afterPoll = (next: () => void): void => void setImmediate(() => setImmediate(next));

/** Whether an error is of a connection that had carried a response before: its bucket may have closed it meanwhile. */
export const wasReused = (error: Error): boolean => 'reused' in error && error.reused === true;

/** Opens a connection. It begins at once; `carry` need not wait for it. */
export function openConnection(
  place: Place,
  { sessions, lookup, idle, closed }: ConnectionOptions,
): Connection {
  /** The request under way; null between two. */
  let call: Call | null = null;
  let receiver: Receiver | null = null;
  /** Of the request under way; a `Calling` of an earlier one has no effect. */
  let turn = 0;
  let upload: Upload | null = null;
  let isReady = false;
  let isReused = false;
  let isSent = false;
  let hasStarted = false;
  let hasHead = false;
  let hasEnded = false;
  let isPaused = false;
  const reader = openReader({
    // They are for the bucket's own client, which is the edge. The limit on the head goes on.
    informational: () => {},
    head: (status, headers, length) => {
      hasHead = true;
      headLimit.stop();
      receiver?.head(status, headers, length);
    },
    data: (chunk) => receiver?.data(chunk),
    // The next request must not begin before `read` has seen whether more bytes follow.
    end: () => {
      hasEnded = true;
    },
  });
  const headLimit = createLimit(() => fail(fault('ERR_HEAD_TIMEOUT', 'the response does not begin in time')));
  const idleLimit = createLimit(() => fail(fault('ERR_IDLE_TIMEOUT', 'the response does not go on in time')));
  const memory = openReadBuffer();
  const reading = {
    buffer: memory.next,
    take: (count: number, bytes: Buffer) => read(bytes.subarray(0, count)),
  };
  const socket = dial(place, sessions, lookup, reading, () => {
    isReady = true;
    if (call !== null) write(call);
  });
  socket
    .on('drain', () => upload?.drain())
    .on('end', () => {
      if (call === null) socket.destroy();
      else if (reader.close()) finish(false);
      // Node would wait until the rest of an upload is sent.
      else lose(closedFault());
    })
    .on('error', lose)
    .on('close', () => {
      // Timers would retain what has ended until they fire.
      headLimit.end();
      idleLimit.end();
      lose(closedFault());
      closed(connection);
    });

  const closedFault = (): Fault =>
    fault(
      'ERR_BUCKET_CLOSED',
      isReady
        ? 'the bucket closed the connection'
        : 'the bucket closed the connection before it, or its TLS handshake, was complete',
    );

  function write(sent: Call): void {
    isSent = true;
    try {
      const { text, framing } = requestHead(sent);
      reader.begin(sent.method);
      socket.write(text, 'latin1');
      receiver?.sent();
      if (sent.body instanceof Uint8Array) socket.write(sent.body);
      else if (sent.body !== null && call === sent) {
        const steps = { moved: () => receiver?.moved(), done: () => receiver?.uploaded(), fail };
        upload = sendBody(sent.body, framing, socket, steps);
      }
      headLimit.start(sent.headLimit);
    } catch (error) {
      // The caller of `carry` has no `Calling` yet.
      process.nextTick(fail, error);
    }
  }

  function read(chunk: Buffer): void {
    if (call === null) {
      // Nothing was asked: these bytes must not become the answer to the next request.
      socket.destroy();
      return;
    }
    if (!isSent) {
      lose(fault('ERR_BUCKET_CLOSED', 'the bucket sends bytes that no request asked for'));
      return;
    }
    if (!hasStarted) {
      hasStarted = true;
      receiver?.started();
    }
    if (receiver !== null) memory.hold(receiver, chunk.length);
    let taken: number;
    try {
      taken = reader.take(chunk);
    } catch (error) {
      fail(error as Error);
      return;
    }
    if (hasEnded) finish(taken === chunk.length && reader.persists());
    // A call of the receiver may have ended it.
    else if (call !== null && hasHead && !isPaused) idleLimit.start(call.idleLimit);
  }

  function forget(): Receiver | null {
    const before = receiver;
    call = null;
    receiver = null;
    turn += 1;
    upload?.stop();
    upload = null;
    headLimit.stop();
    idleLimit.stop();
    return before;
  }

  /** The response is complete. */
  function finish(persists: boolean): void {
    const canFollow = persists && (upload === null || upload.isDone());
    const done = forget();
    if (canFollow) {
      // Also an idle connection reads: the bucket may close it.
      if (isPaused) socket.resume();
      idle(connection, reader.keepAlive());
    } else socket.destroy();
    done?.end();
  }

  function fail(error: Error): void {
    if (call === null) return;
    const failed = forget();
    reader.stop();
    socket.destroy();
    failed?.fail(error);
  }

  /** The connection has ended. */
  function lose(error: Error): void {
    fail(isReused && !hasStarted ? Object.assign(error, { reused: true }) : error);
  }

  const connection: Connection = {
    isOpen: () => !socket.destroyed,
    madeAt: performance.now(),
    carry: (given, taker) => {
      call = given;
      receiver = taker;
      isReused = turn > 0;
      turn += 1;
      isSent = false;
      hasStarted = false;
      hasHead = false;
      hasEnded = false;
      isPaused = false;
      if (isReady && isReused && !isSafe(given.method)) afterPoll(() => call === given && write(given));
      else if (isReady) write(given);
      return new TurnCalling(turn, turns);
    },
    end: () => socket.destroy(),
  };

  const turns: Turns = {
    pause: (own) => {
      if (own !== turn || isPaused) return;
      isPaused = true;
      idleLimit.stop();
      socket.pause();
    },
    resume: (own) => {
      if (own !== turn || !isPaused || call === null) return;
      isPaused = false;
      if (hasHead) idleLimit.start(call.idleLimit);
      socket.resume();
    },
    abort: (own, error) => {
      if (own === turn) fail(error);
    },
  };
  return connection;
}

/** The functions of `Calling` for a turn of a connection: those of an earlier turn have no effect. */
interface Turns {
  pause(turn: number): void;
  resume(turn: number): void;
  abort(turn: number, error: Error): void;
}

/** A class: one for each request, without a closure for each function (docs/decisions/0018-own-transport.md). */
class TurnCalling implements Calling {
  readonly #turn: number;
  readonly #turns: Turns;

  constructor(turn: number, turns: Turns) {
    this.#turn = turn;
    this.#turns = turns;
  }

  pause(): void {
    this.#turns.pause(this.#turn);
  }

  resume(): void {
    this.#turns.resume(this.#turn);
  }

  abort(error: Error): void {
    this.#turns.abort(this.#turn, error);
  }
}
