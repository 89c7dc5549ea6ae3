import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { dial } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { configOf, type Started, startEdge } from '../_running.ts';
import { openStore, rulesFor } from '../transport/_store.ts';

vi.mock('../../../src/node/server/check-head.ts', () => ({ rendersAsNode: async () => false }));

let edge: Started;
let store: Awaited<ReturnType<typeof openStore>>;
afterEach(async () => {
  await edge.close();
  await store.close();
});

test('where Node does not take rendered heads, Node writes them, and the log says so once', async () => {
  store = await openStore(rulesFor('https://a.example'));
  edge = await startEdge(configOf({ bucket: store.url }));
  const socket = dial(edge.url);
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const asks = 'Origin: https://a.example\r\nAccess-Control-Request-Method: GET';
  socket.write(`OPTIONS /a HTTP/1.1\r\nHost: h\r\n${asks}\r\n\r\n`);
  await until('the preflight is answered', () => text.endsWith('\r\n\r\n'));
  socket.destroy();
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toContain('\r\nAccess-Control-Allow-Origin: https://a.example\r\n');
  expect(text).toContain('\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n');
  const said = edge
    .logged()
    .filter(({ msg }) =>
      msg.startsWith('the check of rendered heads did not pass in time on this version of Node'),
    );
  expect(said).toMatchObject([{ level: 'warn', node: process.version }]);
});
