import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createServer,
  getCACertificates,
  type Server,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { listen } from '../../helpers/listen.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { CA, FILES } from '../../helpers/tls.ts';
import { TRANSPORT } from '../../helpers/transport.ts';

/** One connection to a bucket of TLS. */
interface Secure {
  /** The name of SNI; false without one. */
  readonly name: string | false | null;
  readonly isResumed: boolean;
  /** The protocol of ALPN; false without one. */
  readonly protocol: string | false | null;
  /** The Host header of each request. */
  readonly hosts: string[];
}

const before = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...before, CA]));
afterAll(() => setDefaultCACertificates(before));

const edges: NodeEdge[] = [];
let server: Server;
let port = 0;
let answer = '';
const connections: Secure[] = [];
const sockets = new Set<TLSSocket>();
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const LAST = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

beforeEach(async () => {
  connections.length = 0;
  const pair = { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) };
  server = createServer({ ...pair, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    sockets.add(socket.on('error', () => {}));
    const hosts: string[] = [];
    connections.push({
      name: socket.servername,
      isResumed: socket.isSessionReused(),
      protocol: socket.alpnProtocol,
      hosts,
    });
    socket.on('data', (chunk: Buffer) => {
      hosts.push(/^host: (.*)$/im.exec(chunk.toString('latin1'))?.[1] ?? '');
      socket.write(answer);
    });
  });
  port = await listen(server);
});
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens an edge for a bucket of each of these names, all on one port. */
async function open(...names: readonly string[]): Promise<(name: string) => Promise<number>> {
  const buckets = names.map((name) => ({ name, hosts: [`${name}.example`], url: `https://${name}:${port}` }));
  const edge = await openOnNode({ buckets });
  edges.push(edge);
  return async (name) => (await call(edge.url, { headers: ['Host', `${name}.example`] })).status;
}

describe('a bucket behind TLS', () => {
  test('gets its own name by SNI, and HTTP/1.1 although it has HTTP/2 too', async () => {
    answer = OK;
    const ask = await open('localhost');
    expect(await ask('localhost')).toBe(200);
    expect(await ask('localhost')).toBe(200);
    expect(connections).toEqual([
      {
        name: 'localhost',
        isResumed: false,
        protocol: 'http/1.1',
        hosts: Array(2).fill(`localhost:${port}`),
      },
    ]);
  });

  test('gets no SNI for an address (RFC 6066 §3)', async () => {
    answer = OK;
    const ask = await open('127.0.0.1');
    expect(await ask('127.0.0.1')).toBe(200);
    expect(connections.map(({ name }) => name)).toEqual([false]);
  });

  test('sees its session resumed on a new connection', async () => {
    answer = LAST;
    const ask = await open('localhost');
    for (let turn = 0; turn < 4; turn += 1) expect(await ask('localhost')).toBe(200);
    expect(connections.map(({ isResumed }) => isResumed)).toEqual([false, true, true, true]);
  });
});

// undici offers it again.
test.runIf(TRANSPORT === 'own')(
  'a session that its bucket does not resume is not offered again',
  async () => {
    answer = LAST;
    server.close();
    const pair = { cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) };
    const noTickets = { maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET } as const;
    const [made, offered]: [Set<string>, string[]] = [new Set(), []];
    server = createServer({ ...pair, ...noTickets }, (socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.on('data', () => socket.write(answer));
    });
    server.on('newSession', (id, _session, done) => {
      made.add(id.toString('hex'));
      done();
    });
    server.on('resumeSession', (id, done) => {
      // A client without a session sends an id too.
      if (!made.has(id.toString('hex'))) return done(null, null);
      offered.push(id.toString('hex'));
      done(new Error('the session is gone'), null);
    });
    port = await listen(server);
    const ask = await open('localhost');
    const statuses = [await ask('localhost'), await ask('localhost'), await ask('localhost')];
    expect(statuses).toEqual([200, 502, 200]);
    expect(offered).toHaveLength(1);
  },
);

test('two names of one server share neither a connection nor a session', async () => {
  const names = ['localhost', '127.0.0.1'];
  for (const text of [OK, LAST]) {
    answer = text;
    const ask = await open(...names);
    for (let turn = 0; turn < 3; turn += 1) expect(await Promise.all(names.map(ask))).toEqual([200, 200]);
  }
  for (const { name, hosts } of connections)
    expect(new Set(hosts)).toEqual(new Set([`${name === false ? '127.0.0.1' : name}:${port}`]));
  const fresh = connections.filter(({ isResumed }) => !isResumed).map(({ name }) => name);
  expect(new Set(fresh)).toEqual(new Set(['localhost', false]));
  expect(fresh).toHaveLength(4);
});
