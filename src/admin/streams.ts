import type { Events } from './api.ts';

/** One server-sent event. */
export type Sent = {
  readonly [Name in keyof Events]: { readonly event: Name; readonly data: Events[Name] };
}[keyof Events];

/** Clients that read server-sent events. */
export interface Streams {
  /**
   * Opens a client's stream. Null: there are as many clients as there may be. `drop`: called when the client reads too
   * slowly. It ends the connection, since the end of the stream would wait for the client too.
   */
  open(drop?: () => void): { readonly body: ReadableStream<Uint8Array>; send(sent: Sent): void } | null;
  /** Sends to all clients. One that reads too slowly is dropped: it opens a new stream, and gets the state again. */
  send(sent: Sent): void;
  /** How many clients read. */
  count(): number;
  /** Ends all streams, and opens no more. */
  close(): void;
}

export interface StreamsOptions {
  /** Most clients at a time. */
  readonly most?: number;
  /** Bytes that may wait for a client to read them. */
  readonly waiting?: number;
  /** Milliseconds between two comments, which show proxies that the stream is alive. */
  readonly heartbeat?: number;
}

interface Client {
  write(bytes: Uint8Array): void;
  end(): void;
}

const BEAT = new TextEncoder().encode(':\n\n');

/** Opens streams of server-sent events (HTML standard, "Server-sent events"). */
export function createStreams({
  most = 20,
  waiting = 4_194_304,
  heartbeat = 15_000,
}: StreamsOptions = {}): Streams {
  const clients = new Set<Client>();
  let closed = false;
  let beating: ReturnType<typeof setInterval> | undefined;

  function write(bytes: Uint8Array): void {
    for (const client of [...clients]) client.write(bytes);
  }

  function remove(client: Client): void {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(beating);
    beating = undefined;
  }

  function open(drop = () => {}) {
    if (closed || clients.size >= most) return null;
    const stream = streamOf(waiting, remove, drop);
    clients.add(stream.client);
    beating ??= setInterval(() => write(BEAT), heartbeat);
    return { body: stream.body, send: (sent: Sent) => stream.client.write(bytesOf(sent)) };
  }

  return {
    open,
    send: (sent) => {
      if (clients.size > 0) write(bytesOf(sent));
    },
    count: () => clients.size,
    close() {
      closed = true;
      for (const client of [...clients]) client.end();
    },
  };
}

function streamOf(waiting: number, gone: (client: Client) => void, drop: () => void) {
  // Not the queue of the stream: that one is emptied by an error alone, which the server would print.
  let queue: Uint8Array[] = [BEAT];
  let size = BEAT.length;
  let isWanted = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  function flush(): void {
    const next = isWanted ? queue.shift() : undefined;
    if (next === undefined) return;
    isWanted = false;
    size -= next.length;
    controller?.enqueue(next);
  }

  function leave(): typeof controller {
    const left = controller;
    controller = undefined;
    queue = [];
    gone(client);
    return left;
  }

  const client: Client = {
    write(bytes) {
      if (controller === undefined) return;
      size += bytes.length;
      if (size > waiting) {
        leave()?.close();
        drop();
        return;
      }
      queue.push(bytes);
      flush();
    },
    end: () => leave()?.close(),
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened;
      },
      // Called for each read: the stream has no queue of its own.
      pull: () => {
        isWanted = true;
        flush();
      },
      cancel: () => void leave(),
    },
    { highWaterMark: 0 },
  );
  return { client, body };
}

const bytesOf = ({ event, data }: Sent): Uint8Array =>
  new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
