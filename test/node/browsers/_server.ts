import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a test: what it is asked, and its answers. */
export interface TestServer {
  readonly url: string;
  /** Method and target of each request, in order. */
  readonly asked: string[];
  /** Connections so far. */
  connections(): number;
  close(): void;
}

/** Opens a server on a free port of loopback. */
export async function openServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestServer> {
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
