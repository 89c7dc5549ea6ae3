import { EventEmitter } from 'node:events';
import type { FlatHeaders } from '../../../bucket/transport.ts';
import { http } from '../../built-in.ts';
import type { Connection } from '../abort.ts';
import { type HeadLines, isByNode, renderHeaders } from '../head-lines.ts';
import { dateLine, keptLines } from '../own-lines.ts';
import type { DirectRequest } from './request.ts';

/** What a response needs of its connection. */
export interface Wire {
  readonly socket: Connection;
  /** Milliseconds that the connection stays open between requests. */
  readonly keepAlive: number;
  /** Called when the system has taken the whole response. One function for all responses of a connection. */
  readonly flushed: (error?: Error | null) => void;
}

/**
 * A response that the edge writes to the connection itself, with the methods and fields of Node's `ServerResponse` that
 * the edge uses, and its events `drain` and `close`. Small ones are one text, and one write.
 */
export class DirectResponse extends EventEmitter {
  shouldKeepAlive = true;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  headersSent = false;
  readonly req: DirectRequest;
  readonly #wire: Wire;
  #hasBody: boolean;
  #isChunked = false;
  /** The head that is not written yet. */
  #head = '';

  constructor(req: DirectRequest, wire: Wire) {
    super();
    this.req = req;
    this.#wire = wire;
    this.#hasBody = req.method !== 'HEAD';
  }

  get socket(): Connection {
    return this.#wire.socket;
  }

  get writableLength(): number {
    return this.#wire.socket.writableLength;
  }

  /** Also true while a client that has ended its side still reads. */
  get writableNeedDrain(): boolean {
    const { socket } = this.#wire;
    return socket.writableNeedDrain || (!socket.writable && !socket.destroyed);
  }

  /**
   * Makes the head of a final response, which is written with the first part of the body, or its end. Throws if a name, a
   * value or the status is not allowed, and if there is a head. `alike` as in `Reply`.
   */
  writeHead(status: number, headers: FlatHeaders, alike?: object): this {
    if (this.headersSent) throw new Error('the response has a head already');
    if (!Number.isInteger(status) || status < 200 || status > 999)
      throw new RangeError(`Invalid status code: ${status}`);
    const lines = renderHeaders(headers, alike) ?? withoutConnection(headers);
    // As Node: a 205 has the length 0.
    this.#hasBody &&= status !== 204 && status !== 304;
    this.#isChunked = this.#hasBody && lines.length === null;
    const date = lines.hasDate ? '' : dateLine();
    const connection = this.shouldKeepAlive ? keptLines(this.#wire.keepAlive) : 'Connection: close\r\n';
    const coding = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
    // The reason of a status that Node does not know.
    const reason = http.STATUS_CODES[status] ?? 'unknown';
    this.#head = `HTTP/1.1 ${status} ${reason}\r\n${lines.text}${date}${connection}${coding}\r\n`;
    this.headersSent = true;
    return this;
  }

  /** False if the writer must wait for `drain`, or for `close` once the client has left. */
  write(chunk: Buffer | string): boolean {
    const { socket } = this.#wire;
    if (!socket.writable || this.writableEnded) return false;
    this.#expectHead();
    socket.cork();
    this.#writeHead();
    if (this.#hasBody && chunk.length > 0)
      this.#writePart(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    socket.uncork();
    // The system may have taken all of it at once.
    return socket.writableLength < socket.writableHighWaterMark;
  }

  end(body: Buffer | string = '', encoding: BufferEncoding = 'utf8'): this {
    const { socket, flushed } = this.#wire;
    if (this.writableEnded) return this;
    if (socket.writable) this.#expectHead();
    this.writableEnded = true;
    if (!socket.writable) return this;
    const part = this.#hasBody ? body : '';
    if (!this.#isChunked && (part.length === 0 || (typeof part === 'string' && encoding === 'latin1'))) {
      socket.write(`${this.#head}${part}`, 'latin1', flushed);
      return this;
    }
    const bytes = typeof part === 'string' ? Buffer.from(part, encoding) : part;
    socket.cork();
    this.#writeHead();
    if (!this.#isChunked) socket.write(bytes, flushed);
    else {
      if (bytes.length > 0) this.#writePart(bytes);
      socket.write('0\r\n\r\n', 'latin1', flushed);
    }
    socket.uncork();
    return this;
  }

  /** Ends the connection, so that a part of a response never looks whole. */
  destroy(): this {
    this.#wire.socket.destroy();
    return this;
  }

  #expectHead(): void {
    if (!this.headersSent) throw new Error('the response has no head yet');
  }

  #writeHead(): void {
    if (this.#head === '') return;
    this.#wire.socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  #writePart(part: Buffer): void {
    const { socket } = this.#wire;
    if (this.#isChunked) socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
    socket.write(part);
    if (this.#isChunked) socket.write('\r\n', 'latin1');
  }
}

/**
 * The lines of headers of which some are not allowed, or are about the connection. Throws the error of Node for the former,
 * and leaves out the latter, which the edge writes itself.
 */
function withoutConnection(headers: FlatHeaders): HeadLines {
  const sent: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    // Node refuses an undefined one: the list has an odd length.
    const value = headers[at + 1] as string;
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    if (!isByNode(name)) sent.push(name, value);
  }
  const lines = renderHeaders(sent);
  if (lines === null) throw new TypeError('a header of the response is not allowed');
  return lines;
}
