import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { createPools } from '../../../src/node/transport/pools.ts';
import { begin, call } from '../../helpers/client.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { until } from '../../helpers/until.ts';

const LIMITS = { connections: 1, queue: 0, wait: 100 };
const TIMEOUTS = { connect: 5_000, head: 1_000, idle: 1_000 };
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

test('a bucket has the same gate after its configuration is reloaded', () => {
  const { pools, close } = createPools({ limits: LIMITS });
  ends.push(close);
  const address = { base: 'http://127.0.0.1:1', host: 'one.test', path: '' };
  const timeouts = { connect: 1_000, head: 900_000 };
  expect(pools({ address }).gate).toBe(pools({ address, timeouts }).gate);
  expect(pools({ address: { ...address, path: '/two' } }).gate).not.toBe(pools({ address }).gate);
});

// undici cannot end an attempt; leaves.test.ts has what the edge's own transport does.
test.runIf(TRANSPORT === 'undici')(
  'a client that leaves while its bucket’s connection is made frees the place, within a limit',
  async () => {
    const sockets = new Set<Socket>();
    // Accepts connections, and never completes a TLS handshake.
    const mute = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    });
    const url = `https://127.0.0.1:${await listening(mute)}`;
    const edge = await openOnNode({ buckets: [{ name: 'bucket', url }], timeouts: TIMEOUTS }, LIMITS);
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      await edge.close();
    });
    const ask = () => begin(edge.url, {}).on('error', () => {});
    const first = ask();
    first.end();
    await until('the bucket’s connection begins', () => sockets.size === 1);
    expect((await call(edge.url)).status).toBe(503);
    first.destroy();
    await until('the end of the first is observed', () =>
      edge.events.some(({ code }) => code === 'ClientGone'),
    );
    const second = ask();
    second.end();
    await until('the second goes to the bucket', () => sockets.size === 2);
    // Connection attempts whose client has gone have a limit too.
    second.destroy();
    await until(
      'the end of the second is observed',
      () => edge.events.filter(({ code }) => code === 'ClientGone').length === 2,
    );
    expect((await call(edge.url)).status).toBe(503);
  },
);

test('the dot at the end of a bucket’s name goes only to the resolver, not to Host or SNI', async () => {
  const lookedUp: string[] = [];
  const asked: (string | undefined)[] = [];
  const http = createHttpServer((incoming, outgoing) => outgoing.end(incoming.headers.host));
  const tls = createTlsServer({
    SNICallback: (name, done) => {
      asked.push(name);
      done(new Error('there is no certificate here'));
    },
  });
  const [port, tlsPort] = [await listening(http), await listening(tls)];
  ends.push(async () => http.closeAllConnections());
  const lookup: LookupFunction = (name, { all }, found) => {
    lookedUp.push(name);
    if (all) found(null, [{ address: '127.0.0.1', family: 4 }]);
    else found(null, '127.0.0.1', 4);
  };
  const edge = await openOnNode({
    buckets: [
      { name: 'plain', hosts: ['plain.example'], url: `http://bucket.test.:${port}` },
      { name: 'secure', hosts: ['secure.example'], url: `https://bucket.test.:${tlsPort}` },
    ],
    connections: { lookup },
  });
  ends.push(edge.close);
  const plain = await call(edge.url, { headers: ['Host', 'plain.example'] });
  expect(plain.body.toString()).toBe(`bucket.test:${port}`);
  expect((await call(edge.url, { headers: ['Host', 'secure.example'] })).status).toBe(502);
  expect(lookedUp).toEqual(['bucket.test.', 'bucket.test.']);
  expect(asked).toEqual(['bucket.test']);
});

test('a changed DNS record takes effect when connections have reached their maximum age', async () => {
  const served: string[] = [];
  const open = async (host: string, port: number): Promise<number> => {
    const server = createHttpServer((_, outgoing) => {
      served.push(host);
      outgoing.end('here');
    });
    const taken = await listening(server, host, port);
    ends.push(async () => server.closeAllConnections());
    return taken;
  };
  const port = await open('127.0.0.1', 0);
  await open('127.0.0.2', port);
  let current = '127.0.0.1';
  const lookup: LookupFunction = (_name, { all }, found) => {
    if (all) found(null, [{ address: current, family: 4 }]);
    else found(null, current, 4);
  };
  const url = `http://bucket.test:${port}`;
  const buckets = [{ name: 'bucket', url }];
  const edge = await openOnNode({ buckets, connections: { connectionsLife: 50, lookup } });
  ends.push(edge.close);
  await call(edge.url);
  current = '127.0.0.2';
  await until('the new address is used', async () => {
    await call(edge.url);
    return served.at(-1) === '127.0.0.2';
  });
  expect(served[0]).toBe('127.0.0.1');
});
