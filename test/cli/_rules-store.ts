import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../helpers/listen.ts';

/** A store of one document of rules, which a test can make fail. */
export interface RulesStore {
  readonly url: string;
  /** The document; null: no rules. */
  rules: string | null;
  /** The method of every request, in order. */
  readonly seen: string[];
  /** Called before a request is answered; true: it has been answered here. */
  before: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
  /** Called after a write has been stored, before its answer. */
  afterWrite: () => void;
  close(): Promise<void>;
}

const NO_RULES = '<Error><Code>NoSuchCORSConfiguration</Code></Error>';

export async function openRulesStore(rules: string | null): Promise<RulesStore> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.once('end', () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const method = request.method ?? '';
    store.seen.push(method);
    if (store.before(request, response, store.seen.length)) return;
    if (method === 'GET') {
      response.writeHead(store.rules === null ? 404 : 200).end(store.rules ?? NO_RULES);
      return;
    }
    store.rules = method === 'PUT' ? body : null;
    store.afterWrite();
    response.writeHead(method === 'PUT' ? 200 : 204).end();
  }
  const port = await listen(server);
  const store: RulesStore = {
    url: `http://127.0.0.1:${port}`,
    rules,
    seen: [],
    before: () => false,
    afterWrite: () => {},
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return store;
}
