import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readConfigFile } from '../../../src/config/file.ts';
import { type Running, type StartOptions, start } from '../../../src/node/start.ts';
import { listen } from '../../helpers/listen.ts';
import { type CallOptions, call, optionsOf } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';

/** A store with many buckets, addressed by paths; `null`: a bucket without rules. */
export interface ManyBuckets {
  readonly url: string;
  readonly buckets: Map<string, string | null>;
  /** The names whose rules were asked for, in order. */
  readonly rulesAsked: string[];
  /** Every other request: method, target and Host. */
  readonly seen: { readonly method: string; readonly target: string; readonly host: string }[];
  /** Answers every question about rules by this; null: by the rules. */
  failing: { readonly status: number; readonly body: string } | null;
  /** Answers to questions about rules wait for it. */
  gate: Promise<void> | null;
  close(): Promise<void>;
}

const errorOf = (code: string): string => `<Error><Code>${code}</Code></Error>`;

export async function openManyBuckets(buckets: Record<string, string | null>): Promise<ManyBuckets> {
  const store: Omit<ManyBuckets, 'url' | 'close'> & { url: string } = {
    url: '',
    buckets: new Map(Object.entries(buckets)),
    rulesAsked: [],
    seen: [],
    failing: null,
    gate: null,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const [path = '', query] = url.split('?');
    const [, written = '', ...key] = path.split('/');
    const name = decodeURIComponent(written);
    const isBucket = key.join('/') === '';
    const found = store.buckets.get(name);
    const say = (status: number, body = '') =>
      response.writeHead(status, { 'Content-Type': 'application/xml' }).end(body);
    if (method === 'GET' && isBucket && name !== '' && query === 'cors') {
      store.rulesAsked.push(name);
      await store.gate;
      if (store.failing !== null) return void say(store.failing.status, store.failing.body);
      if (found === undefined) return void say(404, errorOf('NoSuchBucket'));
      if (found === null) return void say(404, errorOf('NoSuchCORSConfiguration'));
      return void say(200, rulesFor(found));
    }
    store.seen.push({ method, target: url, host: request.headers.host ?? '' });
    if (name === '') return void say(200, `<Buckets>${[...store.buckets.keys()].join(' ')}</Buckets>`);
    if (method === 'PUT' && isBucket) store.buckets.set(name, store.buckets.get(name) ?? null);
    else if (found === undefined) return void say(404, errorOf('NoSuchBucket'));
    if (method === 'DELETE' && isBucket) {
      store.buckets.delete(name);
      return void say(204);
    }
    say(200, `${name} ${key.join('/')}`);
  }

  const server = createServer((request, response) => {
    request.resume().once('end', () => void answer(request, response));
  });
  const port = await listen(server);
  return Object.assign(store, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export interface StoreEdge extends Running {
  call(target: string, options?: CallOptions): ReturnType<typeof call>;
  admin(path: string, method?: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Whether a page of the origin may read an object of the bucket. */
  allows(bucket: string, origin: string): Promise<boolean>;
  readonly log: Running['log'];
  readonly lines: string[];
}

/** Starts an edge in this process, with a configuration file. */
export async function startWith(
  file: object,
  options: Readonly<Record<string, string>> = {},
  more: StartOptions = {},
): Promise<StoreEdge> {
  const read = readConfigFile(JSON.stringify(file), 'edge.json');
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const lines: string[] = [];
  const { buckets, store } = read.value;
  const log = { write: (line: string) => void lines.push(line) };
  const running = await start(optionsOf(options), buckets, { log, env: {}, store, ...more });
  const ask = (target: string, about?: CallOptions) => call(running.url + target, about);
  return {
    ...running,
    lines,
    call: ask,
    admin: (path, method = 'GET') => call(running.adminUrl + path, { method }),
    allows: async (bucket, origin) => {
      const { headers } = await ask(`/${bucket}/x`, { headers: { Origin: origin } });
      return headers['access-control-allow-origin'] === origin;
    },
  };
}
