import { createHash, randomFillSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toXml } from '../../src/document/xml.ts';
import { listen } from '../helpers/listen.ts';
import { EVERYBODY } from '../suite/sets.ts';

const BLOCK = randomFillSync(Buffer.alloc(256 * 1024));
const SLOW_BYTES = 1024;

/** Bytes made on the fly: every block has its number in it, so that none can be lost, doubled or exchanged. */
function* blocks(total: number, told: (block: Buffer) => void): Generator<Buffer> {
  for (let made = 0, number = 0; made < total; number += 1) {
    const block = Buffer.from(BLOCK);
    block.writeUInt32BE(number);
    const piece = block.subarray(0, Math.min(block.length, total - made));
    made += piece.length;
    told(piece);
    yield piece;
  }
}

/** Writes so many bytes as fast as they are taken, and returns their digest. */
export async function sendBytes(total: number, to: NodeJS.WritableStream): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(Readable.from(blocks(total, (block) => hash.update(block))), to);
  return hash.digest('hex');
}

/** Reads to the end as fast as it comes. */
export async function digestOf(from: AsyncIterable<Buffer>): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of from) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { digest: hash.digest('hex'), bytes };
}

/** Reads a kilobyte a second, and counts what it has read; it ends with its stream. */
export function readSlowly(from: Readable): () => number {
  let bytes = 0;
  const timer = setInterval(() => {
    bytes += (from.read(SLOW_BYTES) as Buffer | null)?.length ?? 0;
  }, 1_000);
  from.once('close', () => clearInterval(timer));
  return () => bytes;
}

/** Bytes that a connection's other end, or a kernel between them, has taken. */
export const takenOf = (socket: Socket | null | undefined): number =>
  socket ? socket.bytesWritten - socket.writableLength : 0;

/** A bucket whose objects are made while they are read: `GET /BYTES`. It forgets what it is sent: `PUT /fast` or `/slow`. */
export interface StreamingBucket {
  readonly url: string;
  /** Digest of the object that was sent last. */
  sent(): Promise<string>;
  /** Bytes of it that the edge has taken so far. */
  taken(): number;
  /** Bytes that the slow upload has been relieved of. */
  accepted(): number;
  close(): Promise<void>;
}

export async function openStreamingBucket(): Promise<StreamingBucket> {
  let sent: Promise<string> = Promise.resolve('');
  let taken = () => 0;
  let accepted = () => 0;
  const give = (total: number, outgoing: ServerResponse) => {
    const { socket } = outgoing;
    const before = takenOf(socket);
    taken = () => takenOf(socket) - before;
    outgoing.writeHead(200, { 'Content-Length': total });
    sent = sendBytes(total, outgoing);
    // A client that leaves ends it; what was sent is then nobody's business.
    sent.catch(() => {});
  };
  const take = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.url === '/slow') {
      accepted = readSlowly(incoming);
      return;
    }
    const { digest } = await digestOf(incoming);
    outgoing.end(digest);
  };
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
    if (incoming.url === '/?cors') outgoing.end(toXml(EVERYBODY));
    else if (incoming.method === 'PUT') void take(incoming, outgoing);
    else give(Number(incoming.url?.slice(1)), outgoing);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    sent: () => sent,
    taken: () => taken(),
    accepted: () => accepted(),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Memory of a process in bytes, as Linux counts it. */
export interface Resident {
  now(): Promise<number>;
  /** The most since `forget`. */
  peak(): Promise<number>;
  forget(): Promise<void>;
}

export function residentOf(pid: number | undefined): Resident {
  const read = async (field: string): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kilobytes === undefined) throw new Error(`no ${field} for process ${pid}`);
    return Number(kilobytes) * 1024;
  };
  return {
    now: () => read('VmRSS'),
    peak: () => read('VmHWM'),
    // proc_pid_clear_refs(5): 5 sets the peak to what is resident now.
    forget: () => writeFile(`/proc/${pid}/clear_refs`, '5'),
  };
}
