import type { Server, ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { http } from '../built-in.ts';
import { hintKeepAlive } from './keep-alive.ts';
import { LEAN } from './lean-message.ts';

/** Puts a head into a response; false if it leaves that to `writeHead`. */
export type Render = (outgoing: ServerResponse, status: number, headers: FlatHeaders) => boolean;

/** Milliseconds for the whole check, which takes about 20. */
const LIMIT = 5_000;
const KEEP_ALIVE = 65_000;
const COMMON = { requireHostHeader: false };

interface Case {
  /** The request line and headers. */
  readonly request: readonly string[];
  readonly status: number;
  readonly headers: FlatHeaders;
  /** The parts of the body; the last is given to `end`. */
  readonly body?: readonly string[];
}

const SIZED: FlatHeaders = ['x-id', '1', 'Content-Length', '2', 'x-raw', '\t\xe9 \xff'];
const UNSIZED: FlatHeaders = ['x-id', '1', 'Vary', 'Origin'];
const DATED: FlatHeaders = ['Date', 'Sun, 06 Nov 1994 08:49:37 GMT', 'content-length', '2'];
const TWO = ['o', 'k'];
const [GET, HEAD, OLD, PUT] = ['GET /a HTTP/1.1', 'HEAD /a HTTP/1.1', 'GET /a HTTP/1.0', 'PUT /a HTTP/1.1'];
const [CLOSE, KEEP] = ['Connection: close', 'Connection: keep-alive'];
const LAST: Case = { request: [GET, CLOSE], status: 200, headers: SIZED, body: ['ok'] };

/** The requests of each connection, sent at once. After their responses `LAST` follows, if the connection stays open. */
const CONNECTIONS: readonly (readonly Case[])[] = [
  [
    { request: [GET], status: 200, headers: SIZED, body: ['ok'] },
    { request: [GET], status: 200, headers: SIZED, body: TWO },
    { request: [GET], status: 404, headers: DATED, body: ['ok'] },
    { request: [GET], status: 200, headers: ['x-id', '1', 'Content-Length', '0'] },
    { request: [GET], status: 200, headers: UNSIZED, body: TWO },
    { request: [GET], status: 200, headers: UNSIZED },
    { request: [GET], status: 204, headers: UNSIZED, body: ['ok'] },
    { request: [GET], status: 304, headers: SIZED },
    { request: [HEAD], status: 200, headers: SIZED, body: ['ok'] },
    { request: [HEAD], status: 200, headers: UNSIZED, body: TWO },
    { request: [PUT, 'Content-Length: 3', '', 'abc'], status: 200, headers: SIZED, body: ['ok'] },
  ],
  [{ request: [GET, CLOSE], status: 200, headers: UNSIZED, body: TWO }],
  [
    {
      request: [PUT, 'Expect: 100-continue', 'Content-Length: 3', '', 'abc'],
      status: 200,
      headers: SIZED,
      body: ['ok'],
    },
  ],
  [{ request: [OLD], status: 200, headers: SIZED, body: ['ok'] }],
  [
    { request: [OLD, KEEP], status: 200, headers: SIZED, body: ['ok'] },
    { request: [OLD, KEEP], status: 200, headers: UNSIZED, body: TWO },
  ],
];

/**
 * Whether a lean server with rendered heads (`LEAN`, `renderHead`) does on this Node what Node does by itself: the same
 * requests go to both, over connections in memory, and must give the same bytes until the connection ends. Never
 * rejects.
 */
export async function rendersAsNode(render: Render): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, LIMIT, false);
  });
  const same = Promise.all(CONNECTIONS.map((cases) => isSame(cases, render))).then(
    (all) => all.every(Boolean),
    () => false,
  );
  try {
    return await Promise.race([same, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function isSame(cases: readonly Case[], render: Render): Promise<boolean> {
  let isRendered = true;
  const [ours, nodes] = await Promise.all([
    sentBy(http.createServer({ ...COMMON, ...LEAN }), cases, (outgoing, { status, headers }) => {
      hintKeepAlive(outgoing, KEEP_ALIVE);
      isRendered &&= render(outgoing, status, headers);
    }),
    sentBy(
      http.createServer({ ...COMMON, keepAliveTimeout: KEEP_ALIVE }),
      cases,
      (outgoing, { status, headers }) => outgoing.writeHead(status, headers as string[]),
    ),
  ]);
  return isRendered && ours === nodes;
}

/** All bytes that a client of the server gets. */
function sentBy(
  server: Server,
  cases: readonly Case[],
  writeHead: (outgoing: ServerResponse, one: Case) => unknown,
): Promise<string> {
  const [client, connection] = duplexPair();
  return new Promise((resolve, reject) => {
    let asked = 0;
    const answer = (_: unknown, outgoing: ServerResponse): void => {
      const one = cases[asked] ?? LAST;
      const { body = [] } = one;
      asked += 1;
      if (asked === cases.length) outgoing.once('close', () => client.write(textOf(LAST)));
      try {
        writeHead(outgoing, one);
        for (const part of body.slice(0, -1)) outgoing.write(part, 'latin1');
        outgoing.end(body.at(-1), 'latin1');
      } catch (error) {
        reject(error);
      }
    };
    for (const event of ['request', 'checkContinue']) server.on(event, answer);
    let text = '';
    client.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    client.once('error', reject).once('end', () => {
      client.end();
      resolve(withoutDate(text));
    });
    server.emit('connection', connection);
    client.write(cases.map(textOf).join(''));
  });
}

/** A request on the wire; one with a body has its blank line. */
const textOf = ({ request }: Case): string =>
  request.includes('') ? request.join('\r\n') : `${request.join('\r\n')}\r\n\r\n`;

/** The two servers may answer in different seconds. */
const withoutDate = (text: string): string =>
  text.replace(/(?<=\r\nDate: )\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT(?=\r\n)/g, 'now');
