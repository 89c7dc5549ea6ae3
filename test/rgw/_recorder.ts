import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { listen } from '../helpers/listen.ts';

/** A proxy before the gateway that records what it is asked. */
export interface Recorder {
  readonly url: string;
  /** Method and target of each request, in order of arrival. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Opens a recorder. Heads and bodies pass unchanged, so signatures stay valid. */
export async function openRecorder(gateway: string): Promise<Recorder> {
  const { hostname, port } = new URL(gateway);
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', rawHeaders: headers } = incoming;
    asked.push(`${method} ${url}`);
    const onward = request({ host: hostname, port, method, path: url, headers }, (answered) => {
      outgoing.writeHead(answered.statusCode ?? 502, answered.rawHeaders);
      answered.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const own = await listen(server);
  return {
    url: `http://127.0.0.1:${own}`,
    asked,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
