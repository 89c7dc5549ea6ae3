import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { CA } from './tls.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEAD = 9;
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const ACK = 0x1;
/** Milliseconds without a byte from the server until the connection is closed. */
const TIMEOUT_MS = 5_000;

/** How a server ends the stream of one request. */
export type Ended =
  | { readonly kind: 'answered' }
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'connection ended'; readonly code: number | null };

export type Field = readonly [name: string, value: string];

/** A frame of RFC 9113 §4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A string literal of HPACK without Huffman coding (RFC 7541 §5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** Fields as literals without indexing (RFC 7541 §6.2.2), which allow any name and any value. */
const block = (fields: readonly Field[]): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));

/** An HTTP/2 connection that writes any fields; Node's own client refuses malformed ones. */
export interface Frames {
  /** Sends one request without a body. Resolves to how its stream ends. */
  request(fields: readonly Field[]): Promise<Ended>;
  close(): void;
}

export async function openFrames(url: string): Promise<Frames> {
  const { hostname: host, port } = new URL(url);
  const socket: Socket = connect({ host, port: Number(port), ca: CA, ALPNProtocols: ['h2'] });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  const waiting = new Map<number, (ended: Ended) => void>();
  let goaway: number | null = null;
  let received = Buffer.alloc(0);
  let last = -1;

  const settle = (stream: number, ended: Ended): void => {
    waiting.get(stream)?.(ended);
    waiting.delete(stream);
  };
  const take = (type: number, flags: number, stream: number, payload: Buffer): void => {
    if (type === TYPE.settings && (flags & ACK) === 0)
      socket.write(frame(TYPE.settings, ACK, 0, Buffer.alloc(0)));
    if (type === TYPE.goaway) goaway = payload.readUInt32BE(4);
    if (type === TYPE.reset) settle(stream, { kind: 'reset', code: payload.readUInt32BE(0) });
    else if ((type === TYPE.headers || type === TYPE.data) && (flags & END_STREAM) !== 0)
      settle(stream, { kind: 'answered' });
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEAD) {
      const length = received.readUIntBE(0, 3);
      if (received.length < HEAD + length) return;
      const payload = received.subarray(HEAD, HEAD + length);
      take(received.readUInt8(3), received.readUInt8(4), received.readUInt32BE(5), payload);
      received = received.subarray(HEAD + length);
    }
  });
  socket.once('close', () => {
    for (const stream of [...waiting.keys()]) settle(stream, { kind: 'connection ended', code: goaway });
  });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(TYPE.settings, 0, 0, Buffer.alloc(0))]));

  return {
    request: (fields) => {
      last += 2;
      const stream = last;
      const ended = new Promise<Ended>((resolve) => waiting.set(stream, resolve));
      if (socket.destroyed) settle(stream, { kind: 'connection ended', code: goaway });
      socket.write(frame(TYPE.headers, END_STREAM | END_HEADERS, stream, block(fields)));
      return ended;
    },
    close: () => socket.destroy(),
  };
}
