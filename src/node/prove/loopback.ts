import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of this process. */
export interface Opened {
  /** `http://127.0.0.1:1234`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a server of this process on a free port of loopback. */
export async function listenOnLoopback(server: Server): Promise<Opened> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
