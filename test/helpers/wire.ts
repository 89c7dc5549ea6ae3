import { once } from 'node:events';
import type { Socket } from 'node:net';
import { dial } from './client.ts';

/** One answer as received; only its framing is decoded. */
export interface WireAnswer {
  readonly status: number;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** A bare connection, read message by message as RFC 9112 §6.3 delimits them. */
export interface Wire {
  readonly socket: Socket;
  /** Resolves when the connection accepts more. */
  send(bytes: Buffer | string): Promise<void>;
  /** The next answer to a request of this method, 1xx answers included. */
  answer(method: string): Promise<WireAnswer>;
  /** Everything from here until the server closes. */
  rest(): Promise<Buffer>;
}

/** Milliseconds without a byte until the connection is closed; no test pauses so long. */
const TIMEOUT_MS = 10_000;
const END_OF_LINE = '\r\n';
const END_OF_HEAD = '\r\n\r\n';

export function openWire(url: string): Wire {
  const socket = dial(url);
  socket.setNoDelay(true);
  let chunks: Buffer[] = [];
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  socket.once('close', () => {
    ended = true;
    wake();
  });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());

  const received = (): Buffer => {
    const all = Buffer.concat(chunks);
    chunks = [all];
    return all;
  };
  const take = (length: number): Buffer => {
    const all = received();
    chunks = [all.subarray(length)];
    return all.subarray(0, length);
  };
  const more = async (missing: string): Promise<void> => {
    if (ended)
      throw new Error(`the connection ended before ${missing}: ${received().toString('latin1', 0, 500)}`);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  };

  const until = async (mark: string, what: string): Promise<string> => {
    for (;;) {
      const at = received().indexOf(mark);
      if (at >= 0) return take(at + mark.length).toString('latin1', 0, at);
      await more(`the end of ${what}`);
    }
  };
  const exactly = async (length: number): Promise<Buffer> => {
    const count = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    while (count() < length) await more(`${length} bytes of a body, after ${count()}`);
    return take(length);
  };
  const rest = async (): Promise<Buffer> => {
    while (!ended) await more('its end');
    return take(received().length);
  };
  const inChunks = async (): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for (;;) {
      const size = await until(END_OF_LINE, 'the line of a chunk’s size');
      if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`a chunk of size ${JSON.stringify(size)}`);
      const piece = await exactly(Number.parseInt(size, 16));
      const after = await until(END_OF_LINE, 'a chunk');
      if (after !== '') throw new Error(`${JSON.stringify(after)} after a chunk of ${size}`);
      if (piece.length === 0) return Buffer.concat(pieces);
      pieces.push(piece);
    }
  };

  return {
    socket,
    send: async (bytes) => {
      if (socket.write(bytes) || socket.destroyed) return;
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    },
    answer: async (method) => {
      const [line = '', ...fields] = (await until(END_OF_HEAD, 'a head')).split(END_OF_LINE);
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
      if (Number.isNaN(status)) throw new Error(`no status line: ${JSON.stringify(line.slice(0, 200))}`);
      const headers = fields.flatMap((field) => {
        const [, name = field, value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(field) ?? [];
        return [name, value];
      });
      const first = (key: string) => headers[headers.findIndex((name) => name.toLowerCase() === key) + 1];
      const has = (key: string) => headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === key);
      if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
        return { status, headers, body: Buffer.alloc(0) };
      if (has('transfer-encoding')) return { status, headers, body: await inChunks() };
      if (has('content-length'))
        return { status, headers, body: await exactly(Number(first('content-length'))) };
      return { status, headers, body: await rest() };
    },
    rest,
  };
}
