// Checks on the Node that runs it how heads are sent, and prints what it found. The first port is Node's own way, the second
// the edge's.
import { connect } from 'node:net';
import { rendersAsNode } from '../../src/node/server/check-head.ts';
import { DirectResponse } from '../../src/node/server/direct/response.ts';
import { listen } from '../../src/node/server/listen.ts';
import { renderHead } from '../../src/node/server/render-head.ts';
import { sendHead } from '../../src/node/server/send-head.ts';

const REQUESTS = [
  'GET /sized HTTP/1.1\r\nHost: h\r\n\r\n',
  'PUT /sized HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
  'GET /chunks HTTP/1.1\r\nHost: h\r\n\r\n',
  'HEAD /sized HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
];

/** Plain requests, each after the response to the one before, then one that makes a connection Node's. */
const ONE_BY_ONE = [
  'GET /sized HTTP/1.1\r\nHost: h\r\n\r\n',
  'OPTIONS /sized HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n',
  'GET /chunks HTTP/1.1\r\nHost: h\r\n\r\n',
  'HEAD /sized HTTP/1.1\r\nHost: h\r\n\r\n',
  'PUT /sized HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
  'GET /sized HTTP/1.1\r\nHost: h\r\n\r\n',
  'GET /sized HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
];

/** Requests of the last `talk` that Node did not read. */
let direct = 0;

/** What a server answers to texts, each of which follows the response to the one before. */
async function talk(readsRawHeaders: boolean, texts: readonly string[]): Promise<string> {
  direct = 0;
  const { url, close } = await listen(
    (incoming, outgoing) => {
      if (outgoing instanceof DirectResponse) direct += 1;
      const length = incoming.url === '/sized' ? ['Content-Length', '2'] : [];
      sendHead(outgoing, 200, ['x-id', '1', ...length]);
      outgoing.end(Buffer.from('ok'));
    },
    { host: '127.0.0.1', port: 0 },
    { readsRawHeaders },
  );
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  let text = '';
  let sent = 0;
  const ask = (): void => {
    socket.write(texts[sent] ?? '');
    sent += 1;
  };
  ask();
  for await (const chunk of socket) {
    text += chunk;
    // A response without a body ends with its head.
    const isWhole =
      text.endsWith('ok') || text.endsWith('\r\n0\r\n\r\n') || texts[sent - 1]?.startsWith('HEAD');
    if (isWhole && sent < texts.length) ask();
  }
  await close(0);
  return text.replace(/\r\nDate: .{29}\r\n/g, '\r\nDate: now\r\n');
}

const byNode = await talk(false, [REQUESTS.join('')]);
const byEdge = await talk(true, [REQUESTS.join('')]);
const plainByNode = await talk(false, ONE_BY_ONE);
const plainByEdge = await talk(true, ONE_BY_ONE);
const passes = await rendersAsNode(renderHead);
const fails = await rendersAsNode(() => false);
const said = { byNode, byEdge, plainByNode, plainByEdge, direct, passes, fails };
console.log(JSON.stringify({ version: process.versions.node, ...said }));
