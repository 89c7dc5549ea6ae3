import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openOnNode } from '../../helpers/node-edge.ts';
import type { Edge } from '../../suite/runtime.ts';

/** A bucket that counts its requests and their bytes. */
interface Counting {
  /** Method, target and body of every complete request. */
  readonly whole: string[];
  /** Method and target of every request, complete or not. */
  readonly begun: string[];
  /** Bytes on all its connections. */
  bytes(): number;
  /** Answers with this status before it reads the body; null to answer as usual. */
  early: number | null;
}

interface Framed {
  readonly edge: Edge;
  readonly bucket: Counting;
}

/** The only host that the edge serves. */
export const HOST = 'bucket.test';
export const OBJECT = 'the object';

export const lines = (...each: readonly string[]): string => `${each.join('\r\n')}\r\n\r\n`;
/** A request that must not be smuggled in another one. */
export const SMUGGLED = lines('GET /smuggled HTTP/1.1', `Host: ${HOST}`);
/** The statuses in a connection's text, in their order. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** An edge before a counting bucket, which is reset between tests. */
export function useFramed(): () => Framed {
  const connections = new Set<Socket>();
  let server: Server;
  let framed: Framed;
  let before = 0;
  const total = (): number => [...connections].reduce((sum, socket) => sum + socket.bytesRead, 0);
  const bucket: Counting = { whole: [], begun: [], early: null, bytes: () => total() - before };

  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const request = `${incoming.method} ${incoming.url}`;
    bucket.begun.push(request);
    if (bucket.early !== null) {
      outgoing.writeHead(bucket.early).end('no entry');
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => {
      bucket.whole.push(`${request} ${Buffer.concat(chunks)}`.trim());
      outgoing.end(OBJECT);
    });
  };

  beforeAll(async () => {
    server = createServer(serve);
    server.on('connection', (socket: Socket) => connections.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    framed = { edge: await openOnNode({ buckets: [{ name: 'bucket', hosts: [HOST], url }] }), bucket };
  });
  beforeEach(() => {
    bucket.whole.length = 0;
    bucket.begun.length = 0;
    bucket.early = null;
    before = total();
  });
  afterAll(async () => {
    await framed.edge.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    if (framed.edge.errors.length > 0)
      throw new Error('the edge failed on a request', { cause: framed.edge.errors });
  });
  return () => framed;
}
