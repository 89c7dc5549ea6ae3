import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';

/** The answer of a store to `GET /?cors`: rules, no rules, no such bucket, an error 500, or a script. */
export type Rules = RuleSet | 'none' | 'missing' | 'unknown' | ByHand;

/** One request as received. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  /** The body so far; complete once `ended`. */
  readonly body: Buffer[];
  ended: boolean;
  /** True if the connection closed before the answer was complete. */
  cancelled: boolean;
}

export interface Said {
  readonly status: number;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
}

/** Answers by itself as soon as the head of a request has arrived. */
export type ByHand = (asked: Asked, incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** The answer to a complete request, or a function that answers from its head on. */
export type Script = Said | ByHand;

/** A scripted bucket over real HTTP. */
export interface Upstream {
  readonly url: string;
  /** The value for a Host header. */
  readonly host: string;
  /** Every request except `GET /?cors`, in order of arrival. */
  readonly asked: Asked[];
  /** Every `GET /?cors`, from the edge or from a client. */
  readonly rulesAsked: Asked[];
  rules: Rules;
  script: Script;
  /** Clears both lists of requests, and answers with a plain object again. */
  reset(): void;
  /** Resets every connection. */
  breakOff(): void;
  close(): Promise<void>;
}

export const PLAIN: Said = { status: 200, headers: ['Content-Type', 'text/plain'], body: 'the object' };

/** Opens a bucket on a free loopback port; `path` is its path-style prefix. */
export async function openUpstream(rules: Rules, path = ''): Promise<Upstream> {
  const server = createServer({ maxHeaderSize: 128 * 1024, keepAliveTimeout: 60_000 });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    outgoing.writeContinue();
    server.emit('request', incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream: Upstream = {
    url: `http://${host}${path}`,
    host,
    asked: [],
    rulesAsked: [],
    rules,
    script: PLAIN,
    reset: () => {
      upstream.asked.length = 0;
      upstream.rulesAsked.length = 0;
      upstream.script = PLAIN;
    },
    breakOff: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => closeServer(server),
  };
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const asked = record(incoming, outgoing);
    const forRules = asked.method === 'GET' && asked.target === `${path}/?cors`;
    (forRules ? upstream.rulesAsked : upstream.asked).push(asked);
    const script = forRules ? sayRules(upstream.rules) : upstream.script;
    if (typeof script === 'function') return script(asked, incoming, outgoing);
    collect(asked, incoming);
    incoming.once('end', () => say(outgoing, script));
  });
  return upstream;
}

function record(incoming: IncomingMessage, outgoing: ServerResponse): Asked {
  const asked: Asked = {
    method: incoming.method ?? '',
    target: incoming.url ?? '',
    headers: incoming.rawHeaders,
    body: [],
    ended: false,
    cancelled: false,
  };
  outgoing.once('close', () => {
    asked.cancelled = !outgoing.writableFinished;
  });
  return asked;
}

/** Reads a request's body into its record. */
export function collect(asked: Asked, incoming: IncomingMessage): void {
  incoming.on('data', (chunk: Buffer) => asked.body.push(chunk));
  incoming.once('end', () => {
    asked.ended = true;
  });
}

/** Writes an answer with these headers only, plus the framing that Node adds. */
export function say(outgoing: ServerResponse, { status, headers = [], body = '' }: Said): void {
  outgoing.sendDate = false;
  outgoing.writeHead(status, [...headers]);
  outgoing.end(body);
}

function sayRules(rules: Rules): Script {
  if (typeof rules === 'function') return rules;
  if (rules === 'none') return storeError(404, 'NoSuchCORSConfiguration');
  if (rules === 'missing') return storeError(404, 'NoSuchBucket');
  if (rules === 'unknown') return storeError(500, 'InternalError');
  return { status: 200, headers: ['Content-Type', 'application/xml'], body: toXml(rules) };
}

const storeError = (status: number, code: string): Said => ({
  status,
  headers: ['Content-Type', 'application/xml'],
  body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
});

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
