import type { Call, Calling, Connections, Receiver } from '../../../src/node/http1/call.ts';

/**
 * Sends a request, a GET unless `call` says otherwise. Resolves to the body of its response, or to the code or the message
 * of its failure. `more` adds to what is received.
 */
export function askAt(
  connections: Connections,
  base: string,
  call: Partial<Call> = {},
  more: (calling: () => Calling) => Partial<Receiver> = () => ({}),
): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    let calling: Calling | undefined;
    calling = connections.at({ base, servername: '127.0.0.1', connectLimit: 1_000 })(
      {
        method: 'GET',
        target: '/',
        headers: ['Host', 'h'],
        body: null,
        headLimit: 2_000,
        idleLimit: 2_000,
        ...call,
      },
      {
        sent: () => {},
        moved: () => {},
        uploaded: () => {},
        started: () => {},
        head: () => {},
        data: (chunk) => {
          body += chunk.toString();
        },
        isDone: () => true,
        end: () => resolve(body),
        fail: (error) => resolve('code' in error ? String(error.code) : error.message),
        ...more(() => calling as Calling),
      },
    );
  });
}
