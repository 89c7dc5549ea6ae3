// Checks on the Node that runs it how heads are sent, and prints what it found. The first port is Node's own way, the second
// the edge's.
import { connect } from 'node:net';
import { rendersAsNode } from '../../src/node/server/check-head.ts';
import { listen } from '../../src/node/server/listen.ts';
import { renderHead } from '../../src/node/server/render-head.ts';
import { sendHead } from '../../src/node/server/send-head.ts';

const REQUESTS = [
  'GET /sized HTTP/1.1\r\nHost: h\r\n\r\n',
  'PUT /sized HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
  'GET /chunks HTTP/1.1\r\nHost: h\r\n\r\n',
  'HEAD /sized HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
];

async function talk(readsRawHeaders: boolean): Promise<string> {
  const { url, close } = await listen(
    (incoming, outgoing) => {
      const length = incoming.url === '/sized' ? ['Content-Length', '2'] : [];
      sendHead(outgoing, 200, ['x-id', '1', ...length]);
      outgoing.end(Buffer.from('ok'));
    },
    { host: '127.0.0.1', port: 0 },
    { readsRawHeaders },
  );
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  socket.write(REQUESTS.join(''));
  let text = '';
  for await (const chunk of socket) text += chunk;
  await close(0);
  return text.replace(/\r\nDate: .{29}\r\n/g, '\r\nDate: now\r\n');
}

const byNode = await talk(false);
const byEdge = await talk(true);
const passes = await rendersAsNode(renderHead);
const fails = await rendersAsNode(() => false);
console.log(JSON.stringify({ version: process.versions.node, byNode, byEdge, passes, fails }));
