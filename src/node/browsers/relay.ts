import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ownCertificate } from './certificate.ts';

/** A proxy between a browser and one server. It passes preflights on and nothing else. */
export interface Relay {
  readonly port: number;
  /** SHA-256 of the key that the relay shows in place of the server's, in Base64. */
  readonly keyHash: string;
  /** Whether the server has answered a preflight. */
  hasAnswer(): boolean;
  /** Whether the browser has sent the request itself, which goes no further. */
  hasRequest(): boolean;
  /** Why the server gave no answer; null if it did. */
  fault(): string | null;
  close(): Promise<void>;
}

/** Milliseconds for the server's answer. */
const ANSWER_MS = 15_000;
/** Bytes of the body of an answer that are passed on. */
const BODY = 65_536;

/**
 * Opens the relay to the server of `url`, for a page of `origin`. The browser reaches the server by the relay alone: a
 * method that writes never gets there. The relay checks the server's certificate.
 */
export async function openRelay(url: URL, origin: string): Promise<Relay> {
  const { key, cert, keyHash } = ownCertificate();
  let fault: string | null = null;
  let hasAnswer = false;
  let hasRequest = false;
  const handle = (asked: IncomingMessage, response: ServerResponse) => {
    asked.resume();
    if (asked.method !== 'OPTIONS') {
      hasRequest = true;
      // Without these the browser would print a sentence about an answer that no server gave.
      response.writeHead(204, {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
      });
      response.end();
      return;
    }
    passOn(url, asked, response).then(
      () => {
        hasAnswer = true;
      },
      (error: Error) => {
        // Node's advice after the semicolon is for its own users.
        fault ??= error.message.replace(/;.*$/s, '');
        response.destroy();
      },
    );
  };
  const tls = createTlsServer({ key, cert }, handle);
  const isFor = (host: string | undefined) => host === hostOf(url);
  const server = createServer((asked, response) => {
    const target = URL.parse(asked.url ?? '');
    if (target?.protocol === 'http:' && isFor(hostOf(target))) handle(asked, response);
    else response.writeHead(403).end();
  });
  server.on('connect', (asked: IncomingMessage, socket) => {
    socket.on('error', () => socket.destroy());
    if (url.protocol !== 'https:' || !isFor(asked.url)) socket.destroy();
    else {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tls.emit('connection', socket);
    }
  });
  tls.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    keyHash,
    hasAnswer: () => hasAnswer,
    hasRequest: () => hasRequest,
    fault: () => fault,
    async close() {
      tls.closeAllConnections();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Host and port, as CONNECT has them. */
const hostOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;

/** Sends a preflight to the server, and its answer to the browser, with the headers unchanged. */
async function passOn(url: URL, asked: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = url.protocol === 'https:' ? requestTls : request;
  const sent = send(url, {
    method: 'OPTIONS',
    agent: false,
    rejectUnauthorized: true,
    headers: withoutHops(asked.rawHeaders),
    setDefaultHeaders: false,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHops(answer.rawHeaders));
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY) break;
    response.write(chunk);
  }
  // The answer is judged by its head. A body that is cut short must not look complete.
  if (length > BODY) response.destroy();
  else response.end();
}

/** The relay has connections and framing of its own. */
const HOPS = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

function withoutHops(raw: readonly string[]): string[] {
  return raw.filter((_, at) => !HOPS.has((raw[at - (at % 2)] ?? '').toLowerCase()));
}
