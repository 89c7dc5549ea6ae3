import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { listen } from '../helpers/listen.ts';

/** A document with one rule that allows GET from any origin. */
export const ONE =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';

export const sends =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body);

export interface RulesServer {
  /** Without a final slash. */
  url(): string;
  /** The request handler; sends ONE at the beginning of each test. */
  answer: RequestListener;
  /** The test's requests so far. */
  readonly seen: readonly IncomingMessage[];
}

/** An HTTP server of rules, one for all tests of a file. */
export function useServer(): RulesServer {
  let port = 0;
  const seen: IncomingMessage[] = [];
  const rules: RulesServer = {
    url: () => `http://127.0.0.1:${port}`,
    answer: sends(200, ONE),
    seen,
  };
  const server = createServer((request, response) => {
    seen.push(request);
    rules.answer(request, response);
  });
  beforeAll(async () => {
    port = await listen(server);
  });
  beforeEach(() => {
    seen.length = 0;
    rules.answer = sends(200, ONE);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return rules;
}
