import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../helpers/listen.ts';

/** A store for tests: rules at `/?cors`, a download that waits at `/slow`, and small objects elsewhere. */
export interface Store {
  readonly url: string;
  /** The response to `GET /?cors`. */
  cors: { status: number; body: string };
  /** The number of requests for its rules. */
  asked(): number;
  /** The number of downloads that have begun and not ended. */
  waiting(): number;
  /** Completes the waiting downloads. */
  release(): void;
  /** The method and target of every request. */
  readonly seen: string[];
  close(): Promise<void>;
}

export const SLOW_BEGIN = 'begin ';
export const SLOW_END = 'and end';

export async function openStore(rules: string): Promise<Store> {
  const waiting = new Set<ServerResponse>();
  const seen: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (request.url === '/?cors') answerRules(request, response);
    else if (request.url?.startsWith('/slow')) begin(response);
    else response.writeHead(200, { 'Content-Type': 'text/plain', ETag: '"e"' }).end('hello');
  });

  function answerRules(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') asked += 1;
    const { status, body } = request.method === 'GET' ? store.cors : { status: 200, body: '' };
    request.resume().once('end', () => response.writeHead(status).end(body));
  }

  function begin(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Length': SLOW_BEGIN.length + SLOW_END.length });
    response.write(SLOW_BEGIN);
    waiting.add(response);
    response.once('close', () => waiting.delete(response));
  }

  const port = await listen(server);
  const store: Store = {
    url: `http://127.0.0.1:${port}`,
    cors: { status: 200, body: rules },
    asked: () => asked,
    waiting: () => waiting.size,
    release: () => {
      for (const response of waiting) response.end(SLOW_END);
    },
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return store;
}

export const NO_SUCH_CONFIGURATION = {
  status: 404,
  body: '<Error><Code>NoSuchCORSConfiguration</Code></Error>',
};
export const UNAVAILABLE = { status: 503, body: '<Error><Code>ServiceUnavailable</Code></Error>' };

/** A document with one rule for one origin. */
export const rulesFor = (origin: string): string =>
  `<CORSConfiguration><CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>` +
  '<AllowedHeader>x-asked</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>';
