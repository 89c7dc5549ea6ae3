import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openDemo } from '../../../src/node/demo/server.ts';
import { OPERATOR_CROWD } from '../../../src/node/server/crowd.ts';
import { until } from '../../helpers/until.ts';
import { call, configOf, startEdge } from '../_running.ts';
import { openStore, rulesFor } from '../transport/_store.ts';

/** Opens connections that send nothing, and says how many of them are open. */
async function idle(url: string, count: number) {
  const port = Number(new URL(url).port);
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket.resume());
    await once(socket, 'connect');
  }
  return {
    open: () => sockets.filter(({ closed }) => !closed).length,
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('the admin port bounds its connections, answers and logs one line', async () => {
  const store = await openStore(rulesFor('https://a.example'));
  const edge = await startEdge(configOf({ bucket: store.url }));
  const many = await idle(edge.adminUrl, OPERATOR_CROWD.most + 10);
  try {
    await until('the bound is met', () => many.open() === OPERATOR_CROWD.most);
    expect((await call(`${edge.adminUrl}/healthz`)).status).toBe(200);
    const lines = edge.logged().filter(({ msg }) => msg.startsWith('the admin port closes connections'));
    expect(lines).toMatchObject([{ level: 'warn', closed: 'idle', client: '127.0.0.1' }]);
  } finally {
    many.end();
    await edge.close();
    await store.close();
  }
});

test('the port of the demo page bounds its connections, and answers', async () => {
  const demo = await openDemo({
    host: '127.0.0.1',
    port: 0,
    edge: 'http://127.0.0.1:1',
    admin: 'http://127.0.0.1:2',
    version: () => null,
    explain: () => null,
  });
  const many = await idle(demo.url, OPERATOR_CROWD.most + 10);
  try {
    await until('the bound is met', () => many.open() === OPERATOR_CROWD.most);
    expect((await call(`${demo.url}/`)).status).toBe(200);
  } finally {
    many.end();
    await demo.close();
  }
});
