import { once } from 'node:events';
import type { ClientTimeouts, Handler } from '../../../../src/node/server/http-server.ts';
import { type Listening, listen } from '../../../../src/node/server/listen.ts';
import { sendHead } from '../../../../src/node/server/send-head.ts';
import { dial } from '../../../helpers/client.ts';
import { until } from '../../../helpers/until.ts';

export const request = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: h', ...headers].join('\r\n')}\r\n\r\n`;

const LARGE = Buffer.alloc(300_000, 'l');

/** Answers by the target: each way in which the edge answers. */
export const answer: Handler = ({ url = '' }, outgoing) => {
  switch (url.split('?')[0]) {
    case '/text':
      sendHead(outgoing, 200, ['x-id', '1', 'Content-Length', '2']);
      outgoing.end('ok', 'latin1');
      break;
    case '/utf8':
      sendHead(outgoing, 403, ['Content-Type', 'application/xml', 'Content-Length', '3']);
      outgoing.end('漢');
      break;
    case '/bytes':
      sendHead(outgoing, 206, ['Content-Length', '4', 'x-raw', '\t\xe9 \xff']);
      outgoing.end(Buffer.from([0, 255, 13, 10]));
      break;
    case '/parts':
      sendHead(outgoing, 200, ['Content-Length', '4']);
      outgoing.write(Buffer.from('ab'));
      setImmediate(() => outgoing.end(Buffer.from('cd')));
      break;
    case '/chunks':
      sendHead(outgoing, 200, ['Vary', 'Origin']);
      outgoing.write('first 漢');
      outgoing.write(Buffer.alloc(0));
      setImmediate(() => outgoing.end(Buffer.from('last')));
      break;
    case '/unsized':
      sendHead(outgoing, 200, ['Vary', 'Origin']);
      outgoing.end();
      break;
    case '/large':
      sendHead(outgoing, 200, ['Content-Length', String(LARGE.length)]);
      outgoing.end(LARGE);
      break;
    case '/dated':
      sendHead(outgoing, 404, ['date', 'Sun, 06 Nov 1994 08:49:37 GMT', 'content-length', '0']);
      outgoing.end();
      break;
    case '/last':
      outgoing.shouldKeepAlive = false;
      sendHead(outgoing, 200, ['Content-Length', '2']);
      outgoing.end('ok', 'latin1');
      break;
    default: {
      const status = Number(url.slice(1));
      sendHead(outgoing, status, status === 304 ? ['ETag', '"a"'] : ['Content-Length', '0']);
      outgoing.end();
    }
  }
};

/** Opens a server that reads connections itself, or one of which Node reads all. */
const open = (isDirect: boolean, handler: Handler = answer, timeouts?: ClientTimeouts): Promise<Listening> =>
  listen(
    handler,
    { host: '127.0.0.1', port: 0 },
    { readsRawHeaders: isDirect, ...(timeouts && { timeouts }) },
  );

/** A client that sends bytes as they are. */
export async function connectTo({ url }: Pick<Listening, 'url'>) {
  const socket = dial(url);
  const seen = { text: '', isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString('latin1');
  });
  socket.once('close', () => {
    seen.isClosed = true;
  });
  await once(socket, 'connect');
  return { socket, seen };
}

/** All bytes that a server sends for these texts, each sent when the bytes for the one before end as `ends` says. */
export async function exchange(
  server: Pick<Listening, 'url'>,
  texts: readonly string[],
  isWhole: (text: string, sent: number) => boolean,
): Promise<string> {
  const { socket, seen } = await connectTo(server);
  for (const [at, text] of texts.entries()) {
    socket.write(text, 'latin1');
    await until(`the answer to ${text.slice(0, 40)}`, () => seen.isClosed || isWhole(seen.text, at + 1));
  }
  socket.destroy();
  return seen.text.replace(/(?<=\r\nDate: )\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT(?=\r\n)/g, 'now');
}

const servers: Listening[] = [];

/** Like `open`; `closeAll` closes it. */
export async function opened(
  isDirect: boolean,
  handler?: Handler,
  timeouts?: ClientTimeouts,
): Promise<Listening> {
  const server = await open(isDirect, handler, timeouts);
  servers.push(server);
  return server;
}

export async function closeAll(): Promise<void> {
  for (const server of servers.splice(0)) await server.close(0);
}

/** A request whose answer ends as `ENDS` says. */
export const END = request('GET /text?end');
export const ENDS = /x-id: 1\r\n(?:[^\r\n]+\r\n)*\r\nok$/;

/** A server whose responses the test begins and ends. */
export async function waiting(timeouts?: ClientTimeouts) {
  const begun: Parameters<Handler>[1][] = [];
  const targets: string[] = [];
  const server = await opened(
    true,
    ({ url = '' }, outgoing) => {
      targets.push(url);
      begun.push(outgoing);
    },
    timeouts,
  );
  const reply = (at: number, text: string): void => {
    begun[at]?.writeHead(200, ['Content-Length', String(text.length)]).end(text);
  };
  return { server, begun, targets, reply };
}

/** Milliseconds for a head. */
export const HEADERS = 150;
export const SHORT: ClientTimeouts = { headers: HEADERS, idle: 60_000, keepAlive: 60_000 };
export const longer = () => new Promise((resolve) => setTimeout(resolve, 5 * HEADERS));
