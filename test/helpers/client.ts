import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as secureConnect } from 'node:tls';
import { CA } from './tls.ts';

export interface Answered {
  readonly status: number;
  /** Name, value, name, value, as received. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** False if the connection broke before the end of the answer. */
  readonly complete: boolean;
  /** The client's port: answers with the same port came over one connection. */
  readonly port: number | undefined;
}

export interface Call {
  readonly method?: string;
  /** Sent unchanged; a client library would normalise it. */
  readonly target?: string;
  /** Name, value, name, value; Host is added unless it is here. */
  readonly headers?: readonly string[];
  /** Sent with Content-Length; a list of pieces is sent chunked. */
  readonly body?: Buffer | string | readonly (Buffer | string)[];
  readonly agent?: Agent;
}

/** Begins a request. Only Host is added to its headers, and the Connection header of Node. */
export function begin(
  url: string,
  { method = 'GET', target = '/', headers = [], agent }: Call,
): ClientRequest {
  const { protocol, hostname, port, host } = new URL(url);
  const send = protocol === 'https:' ? secureRequest : request;
  const named = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return send({
    ca: CA,
    host: hostname,
    port,
    method,
    path: target,
    headers: [...(named ? [] : ['Host', host]), ...headers],
    agent: agent ?? false,
  });
}

/** Sends one request and reads its answer until it ends or the connection breaks. */
export async function call(url: string, about: Call = {}): Promise<Answered> {
  const { headers = [], body } = about;
  const pieces = Array.isArray(body) ? (body as readonly (Buffer | string)[]) : null;
  const whole = pieces === null && body !== undefined ? Buffer.from(body as Buffer | string) : null;
  const framing =
    pieces !== null
      ? ['Transfer-Encoding', 'chunked']
      : whole !== null
        ? ['Content-Length', String(whole.length)]
        : [];
  const sent = begin(url, { ...about, headers: [...headers, ...framing] });
  const answered = answerTo(sent);
  const write = () => {
    for (const piece of pieces ?? []) sent.write(piece);
    sent.end(whole ?? undefined);
  };
  if (headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'expect')) {
    sent.once('continue', write);
    sent.flushHeaders();
  } else {
    write();
  }
  return answered;
}

/** The answer to a request, read to its end. Rejects if the connection ends before a head. */
export function answerTo(sent: ClientRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    // After the head `complete` reports an error; an answer may end before its own upload.
    sent.on('error', reject);
    sent.once('response', (incoming) => void readWhole(incoming).then(resolve, reject));
  });
}

async function readWhole(incoming: IncomingMessage): Promise<Answered> {
  const port = incoming.socket.localPort;
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('error', () => resolve());
    incoming.once('close', () => resolve());
    incoming.once('end', () => resolve());
  });
  const { statusCode = 0, rawHeaders, complete } = incoming;
  return { status: statusCode, headers: rawHeaders, body: Buffer.concat(chunks), complete, port };
}

/** All values of a header, in order. */
export function values({ headers }: Pick<Answered, 'headers'>, name: string): string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name.toLowerCase());
}

/** The value of a header that may occur once; throws if it occurs twice. */
export function value(answered: Pick<Answered, 'headers'>, name: string): string | undefined {
  const [first, ...more] = values(answered, name);
  if (more.length > 0) throw new Error(`${name} occurs ${more.length + 1} times`);
  return first;
}

/** The CORS headers of an answer, by lower-case name. */
export function corsHeaders(answered: Pick<Answered, 'headers'>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [at, name] of answered.headers.entries()) {
    const key = name.toLowerCase();
    if (at % 2 === 0 && key.startsWith('access-control-')) found[key] = value(answered, key) ?? '';
  }
  return found;
}

/** The text of one element of an error document. */
export const element = ({ body }: Pick<Answered, 'body'>, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(body.toString())?.[1];

/** Opens a bare connection to a server. Errors only close it: the reader notices the missing bytes. */
export function dial(url: string): Socket {
  const { protocol, hostname: host, port } = new URL(url);
  const where = { host, port: Number(port) };
  const socket = protocol === 'https:' ? secureConnect({ ...where, ca: CA }) : connect(where);
  socket.on('error', () => undefined);
  return socket;
}

/** Writes the text unchanged and returns, as Latin-1, everything until the server closes. */
export async function rawly(url: string, text: string): Promise<string> {
  const socket = dial(url);
  socket.write(text, 'latin1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Buffer.concat(chunks).toString('latin1');
}
