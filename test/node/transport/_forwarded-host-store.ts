import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { checkSignature, type Keys } from '../../../src/node/directory/signature.ts';
import { listen } from '../../helpers/listen.ts';

export interface ForwardedHostStore {
  /** With the bucket's path: `http://127.0.0.1:4000/media`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A path-style store that checks signatures as SeaweedFS does (weed/s3api/auth_signature_v4.go): X-Forwarded-Host and
 * X-Forwarded-Port override Host, and the path may be signed with or without X-Forwarded-Prefix. Requests with a valid
 * signature go to the `unsigned` bucket at the path `/name`.
 */
export async function openForwardedHostStore(unsigned: string, keys: Keys): Promise<ForwardedHostStore> {
  const path = `/${keys.bucket}`;
  const server = createServer(async (incoming, outgoing) => {
    if (await isSigned(incoming, keys)) pass(incoming, outgoing, unsigned, path);
    else outgoing.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function isSigned(incoming: IncomingMessage, keys: Keys): Promise<boolean> {
  const { method, url = '', headers } = incoming;
  const rawHeaders = ['Host', signedHost(incoming)];
  for (const [name, value] of Object.entries(headers))
    if (name !== 'host') rawHeaders.push(name, String(value));
  const prefix = headers['x-forwarded-prefix'] ?? '';
  for (const target of new Set([prefix + url, url])) {
    try {
      await checkSignature({ method, url: target, rawHeaders } as IncomingMessage, keys);
      return true;
    } catch {
      // The signature does not match this path.
    }
  }
  return false;
}

function signedHost({ headers }: IncomingMessage): string {
  const first = (name: string): string =>
    String(headers[name] ?? '')
      .split(',')[0]
      ?.trim() ?? '';
  const { groups } =
    /^(?<host>.*?)(?::(?<port>\d+))?$/.exec(first('x-forwarded-host') || first('host')) ?? {};
  const forwardedPort = first('x-forwarded-host') === '' ? '' : first('x-forwarded-port');
  const port = forwardedPort || groups?.port;
  const preset = first('x-forwarded-proto') === 'https' ? '443' : '80';
  return port === undefined || port === preset ? `${groups?.host}` : `${groups?.host}:${port}`;
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, unsigned: string, path: string): void {
  const { method, url = '' } = incoming;
  const [asked = '', query = ''] = url.slice(path.length).split('?');
  const target = (asked || '/') + (/(^|&)cors\b/.test(query) ? '?cors' : '');
  const length = incoming.headers['content-length'];
  const headers = length === undefined ? {} : { 'Content-Length': length };
  const asking = ask(unsigned + target, { method: method ?? 'GET', headers, agent: false }, (answered) => {
    outgoing.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(outgoing);
  });
  asking.on('error', () => outgoing.destroy());
  incoming.pipe(asking);
}
