import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A bucket without an HTTP server: the test answers on each connection itself. */
export interface RawBucket {
  readonly url: string;
  /** The first line of every request, in order. */
  readonly asked: string[];
  readonly open: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** `act` is called for every chunk on a connection, with the number of its earlier calls. */
export async function openRaw(
  act: (socket: Socket, text: string, times: number) => void,
): Promise<RawBucket> {
  const open = new Set<Socket>();
  const asked: string[] = [];
  let times = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      const line = /^[A-Z]+ \S+(?= HTTP\/1\.1\r\n)/.exec(text)?.[0];
      if (line !== undefined) asked.push(line);
      act(socket, text, times);
      times += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    open,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
