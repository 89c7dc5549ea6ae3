import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Where } from '../../../src/node/server/listen.ts';
import { dial } from '../../helpers/client.ts';
import { beginH2, h2 } from '../../helpers/h2.ts';
import { openRaw, type RawBucket } from '../server/_raw.ts';

/** How a bucket delimits its body. */
export const FRAMINGS = ['length', 'chunked', 'close'] as const;
export type Framing = (typeof FRAMINGS)[number];

export type Version = '1.0' | '1.1' | '2';

/** The transports and HTTP versions of clients. */
export const WAYS = [
  ['TCP', '1.0'],
  ['TCP', '1.1'],
  ['Unix', '1.0'],
  ['Unix', '1.1'],
  ['TLS', '1.0'],
  ['TLS', '1.1'],
  ['TLS', '2'],
] as const satisfies readonly (readonly ['TCP' | 'Unix' | 'TLS', Version])[];
export type Carrier = (typeof WAYS)[number][0];

/** Whether HTTP/1.0 gets an error instead of the response, because the client could not see where it ends. */
export const isRefused = ([carrier, version, framing]: readonly [Carrier, Version, Framing]): boolean =>
  carrier !== 'TCP' && version === '1.0' && framing !== 'length';

/** Bytes of the object, and of its first part. */
export const SIZE = 100_000;
export const BEGINNING = 50_000;

/** What a bucket does after the first part of a response. */
export type Then = 'stands still' | 'breaks off' | 'pours' | 'ends';

const HEADS: Readonly<Record<Framing, string>> = {
  length: `Content-Length: ${SIZE}\r\n`,
  chunked: 'Transfer-Encoding: chunked\r\n',
  close: 'Connection: close\r\n',
};
/** Bytes; more than fit in any buffer. */
const POURED = 1_000_000_000;

export interface Bucket extends RawBucket {
  does: Then;
  /** Completes the responses that stand still. */
  finish(): void;
}

/** A bucket that frames its object as the path says. */
export async function openBucket(then: Then): Promise<Bucket> {
  const standing = new Map<Socket, Framing>();
  const raw = await openRaw((socket, text) => {
    const path = /^GET (\S+)/.exec(text)?.[1];
    if (path === '/?cors') return void socket.write(NO_RULES);
    const framing = FRAMINGS.find((name) => path === `/${name}`);
    if (framing === undefined) return;
    const head =
      bucket.does === 'pours' ? HEADS[framing].replace(String(SIZE), String(POURED)) : HEADS[framing];
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=3600\r\n${head}\r\n`);
    socket.write(piece(framing, BEGINNING));
    if (bucket.does === 'stands still' || bucket.does === 'ends') standing.set(socket, framing);
    if (bucket.does === 'ends') bucket.finish();
    if (bucket.does === 'pours') pour(socket, framing);
    // By FIN if the framing shows that bytes are missing, by RST otherwise.
    if (bucket.does === 'breaks off')
      setTimeout(() => (framing === 'close' ? socket.resetAndDestroy() : socket.destroy()), 30);
  });
  const bucket: Bucket = Object.assign(raw, {
    does: then,
    finish: () => {
      for (const [socket, framing] of standing) {
        socket.write(piece(framing, SIZE - BEGINNING) + (framing === 'chunked' ? '0\r\n\r\n' : ''));
        if (framing === 'close') socket.end();
      }
      standing.clear();
    },
  });
  return bucket;
}

const NO_RULES =
  'HTTP/1.1 404 Not Found\r\nContent-Length: 55\r\n\r\n<Error><Code>NoSuchCORSConfiguration</Code></Error>    ';

const piece = (framing: Framing, bytes: number): string => {
  const text = 'x'.repeat(bytes);
  return framing === 'chunked' ? `${bytes.toString(16)}\r\n${text}\r\n` : text;
};

function pour(socket: Socket, framing: Framing): void {
  const text = piece(framing, BEGINNING);
  const pump = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', pump);
  pump();
}

/** A response as a client sees it. */
export interface Seen {
  /** 0 before the head. */
  status: number;
  /** Of its body. */
  bytes: number;
  /** The first 2,000 characters of the body. */
  text: string;
  /** A client of this version takes the response for complete. */
  looksWhole: boolean;
}

export interface Asking {
  readonly seen: Seen;
  /** Starts reading, if it did not from the start. */
  read(): void;
  /** Closes the client's sending side; HTTP/1 only. */
  halfClose(): void;
  write(text: string): void;
  /** Resolves when the response has ended, complete or not. */
  readonly ended: Promise<Seen>;
  leave(): void;
}

/** Asks the edge at `url`, or on a socket, for an object of the bucket above. */
export function ask(
  where: { readonly url: string } | { readonly socket: string },
  version: Version,
  framing: Framing,
  reading = true,
  header = 'X-One: 1',
): Promise<Asking> {
  const target = `/${framing}`;
  if (version === '2') return askH2('url' in where ? where.url : '', target, reading);
  const socket = 'url' in where ? dial(where.url) : connect(where.socket).on('error', () => {});
  return askH1(socket, `GET ${target} HTTP/${version}\r\nHost: h\r\n${header}\r\n\r\n`, reading);
}

async function askH1(socket: Socket | TLSSocket, request: string, reading: boolean): Promise<Asking> {
  await once(socket, 'encrypted' in socket ? 'secureConnect' : 'connect');
  const seen: Seen = { status: 0, bytes: 0, text: '', looksWhole: false };
  let head = '';
  let length = -1;
  let chunked = false;
  let tail = '';
  socket.pause();
  socket.on('data', (chunk: Buffer) => {
    let body = chunk;
    if (seen.status === 0) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      seen.status = Number(head.slice(9, 12));
      length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? -1);
      chunked = /^transfer-encoding: chunked/im.test(head);
      body = Buffer.from(head.slice(end + 4), 'latin1');
    }
    seen.bytes += body.length;
    if (seen.text.length < 2_000) seen.text += body.toString('latin1');
    tail = (tail + body.subarray(-20).toString('latin1')).slice(-20);
    if (length >= 0) seen.looksWhole = seen.bytes >= length;
    else if (chunked) seen.looksWhole = tail.endsWith('0\r\n\r\n');
    // A persistent connection does not close after a complete response.
    if (seen.looksWhole) socket.emit('whole');
  });
  socket.once('end', () => {
    if (seen.status > 0 && length === -1 && !chunked) seen.looksWhole = true;
  });
  socket.write(request);
  if (reading) socket.resume();
  return {
    seen,
    read: () => void socket.resume(),
    halfClose: () => void socket.end(),
    write: (text: string) => void socket.write(text),
    ended: new Promise<Seen>((resolve) => {
      const end = () => resolve(seen);
      socket.once('whole', end).once('end', end).once('close', end);
    }),
    leave: () => socket.destroy(),
  };
}

async function askH2(url: string, target: string, reading: boolean): Promise<Asking> {
  const session = await h2(url);
  const stream = beginH2(session, { ':path': target });
  session.on('error', () => {});
  stream.on('error', () => {}).end();
  const seen: Seen = { status: 0, bytes: 0, text: '', looksWhole: false };
  stream.once('response', (headers) => {
    seen.status = Number(headers[':status']);
  });
  const read = () => {
    stream.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length;
      if (seen.text.length < 2_000) seen.text += chunk.toString('latin1');
    });
  };
  let ended = false;
  stream.once('end', () => {
    ended = true;
  });
  if (reading) read();
  return {
    seen,
    read,
    halfClose: () => {},
    write: () => {},
    ended: new Promise((resolve) => {
      stream.once('close', () => {
        seen.looksWhole = ended && stream.rstCode === 0;
        resolve(seen);
      });
    }),
    leave: () => session.destroy(),
  };
}

/** Where an edge listens for clients of a transport; `path` is its Unix socket. */
export const whereOf = (carrier: Carrier, path: string): Where =>
  carrier === 'Unix' ? { socket: path } : { host: '127.0.0.1', port: 0 };
