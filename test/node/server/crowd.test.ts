import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as openSession } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as secureConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Closed } from '../../../src/node/server/crowd.ts';
import { answerOn, beginH2, callH2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { CA, certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';

const MOST = 4;
/** A client exceeds it with more than two of four connections. */
const SHARE = 50;
const GET = 'GET /key HTTP/1.1\r\nHost: h\r\n\r\n';
const UPLOAD = 'PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Client {
  readonly socket: Socket;
  text(): string;
  closed(): boolean;
}

/** An edge for four connections, with the list of those that it closed. */
async function open(secure: boolean, share = SHARE) {
  const closed: (readonly [Closed, string])[] = [];
  const crowd = {
    most: MOST,
    share: () => share,
    onClose: (which: Closed, client: string) => void closed.push([which, client]),
  };
  const edge = await openOnNode({}, undefined, { crowd, ...(secure && { certificate: certificate() }) });
  ends.push(edge.close);
  edge.bucket.script = (_asked, incoming, outgoing) => {
    incoming.resume().once('end', () => outgoing.end('small'));
  };
  const port = Number(new URL(edge.url).port);

  /** Connects from the loopback address 127.0.0.`from`. */
  async function dial(from: number, text = ''): Promise<Client> {
    const where = { port, host: '127.0.0.1', localAddress: `127.0.0.${from}` };
    const socket = secure
      ? secureConnect({ socket: connect(where), ca: CA, host: 'localhost' })
      : connect(where);
    let read = '';
    let gone = false;
    socket.on('data', (chunk: Buffer) => {
      read += chunk.toString('latin1');
    });
    socket
      .on('error', () => {})
      .once('close', () => {
        gone = true;
      });
    ends.push(() => socket.destroy());
    await new Promise<void>((resolve) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => resolve()).once('close', () => resolve());
    });
    if (text !== '') socket.write(text);
    return { socket, text: () => read, closed: () => gone };
  }
  return { edge, closed, dial };
}

const asked = (edge: NodeEdge, count: number) =>
  until('the bucket is asked', () => edge.bucket.asked.length === count);

describe.each([
  ['plain', false],
  ['secure', true],
])('at the bound on %s connections of clients', (_, secure) => {
  test('a new one replaces the oldest idle one of the address with the most connections', async () => {
    const { closed, dial } = await open(secure);
    const other = await dial(2);
    const crowd = [await dial(1), await dial(1), await dial(1)];
    const fresh = await dial(3, GET);
    await until('it is served', () => fresh.text().includes('small'));
    await until('the oldest is closed', () => crowd[0]?.closed() === true);
    expect([other, ...crowd.slice(1)].map((client) => client.closed())).toEqual([false, false, false]);
    expect(closed).toEqual([['idle', '127.0.0.1']]);
  });

  test('a connection that waits for its next request is idle', async () => {
    const { closed, dial } = await open(secure);
    const crowd = [await dial(1, GET), await dial(1), await dial(1), await dial(1)];
    await until('it is served', () => crowd[0]?.text().includes('small') === true);
    await dial(2);
    await until('it is closed', () => crowd[0]?.closed() === true);
    expect(closed).toEqual([['idle', '127.0.0.1']]);
  });

  test('a connection with a request under way stays while the address has an idle one', async () => {
    const { edge, closed, dial } = await open(secure);
    const uploads = [await dial(1, UPLOAD), await dial(1, UPLOAD), await dial(1, UPLOAD)];
    await asked(edge, 3);
    const idle = await dial(1);
    const fresh = await dial(2, GET);
    await until('it is served', () => fresh.text().includes('small'));
    await until('the idle one is closed', idle.closed);
    expect(uploads.map((client) => client.closed())).toEqual([false, false, false]);
    expect(closed).toEqual([['idle', '127.0.0.1']]);
  });

  test('an address beyond its share loses its oldest busy connection to another address, but not to itself', async () => {
    const { edge, closed, dial } = await open(secure);
    const uploads: Client[] = [];
    for (let at = 0; at < MOST; at += 1) uploads.push(await dial(1, UPLOAD));
    await asked(edge, MOST);
    const own = await dial(1);
    await until('its own new one is closed', own.closed);
    const fresh = await dial(2, GET);
    await until('it is served', () => fresh.text().includes('small'));
    await until('the oldest is closed', () => uploads[0]?.closed() === true);
    expect(uploads.slice(1).map((client) => client.closed())).toEqual([false, false, false]);
    expect(closed).toEqual([
      ['new', '127.0.0.1'],
      ['busy', '127.0.0.1'],
    ]);
  });

  test('an address within its share loses no busy connection: the new one is closed', async () => {
    const { edge, closed, dial } = await open(secure);
    for (const from of [1, 1, 2, 2]) await dial(from, UPLOAD);
    await asked(edge, MOST);
    const fresh = await dial(3);
    await until('the new one is closed', fresh.closed);
    expect(closed).toEqual([['new', '127.0.0.3']]);
  });

  test('with a share of 0 no busy connection is closed', async () => {
    const { edge, closed, dial } = await open(secure, 0);
    for (let at = 0; at < MOST; at += 1) await dial(1, UPLOAD);
    await asked(edge, MOST);
    const fresh = await dial(2);
    await until('the new one is closed', fresh.closed);
    expect(closed).toEqual([['new', '127.0.0.2']]);
  });

  test('a connection that ends makes room for another one', async () => {
    const { closed, dial } = await open(secure);
    for (let round = 0; round < 3 * MOST; round += 1) {
      const client = await dial(1, GET);
      await until('it is served', () => client.text().includes('small'));
      client.socket.destroy();
      await until('it is closed', client.closed);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = await Promise.all([dial(1), dial(1), dial(1), dial(1)]);
    expect(last.map((client) => client.closed())).toEqual([false, false, false, false]);
    expect(closed.length).toBeLessThan(MOST);
  });
});

test('a connection without a TLS handshake is idle', async () => {
  const { edge, closed, dial } = await open(true);
  const silent = connect({ port: Number(new URL(edge.url).port), host: '127.0.0.1' });
  ends.push(() => silent.destroy());
  const gone = once(
    silent.on('error', () => {}),
    'close',
  );
  await once(silent, 'connect');
  for (let at = 0; at < MOST - 1; at += 1) await dial(1);
  await dial(2);
  await gone;
  expect(closed).toEqual([['idle', '127.0.0.1']]);
});

test('an HTTP/2 connection is idle only without an open stream', async () => {
  const { edge, closed, dial } = await open(true);
  const session = openSession(edge.url, { ca: CA });
  ends.push(() => session.destroy());
  session.on('error', () => {});
  const upload = beginH2(session, { ':method': 'PUT', ':path': '/key' });
  const answer = answerOn(upload);
  upload.write('x');
  await asked(edge, 1);
  const idle = [await dial(1), await dial(1), await dial(1)];
  await dial(2);
  await until('an idle one is closed', () => idle[0]?.closed() === true);
  upload.end();
  expect((await answer).status).toBe(200);
  expect((await callH2(session, { ':path': '/key' })).status).toBe(200);
  await dial(3);
  await until('it is closed', () => session.closed || session.destroyed);
  expect(closed).toEqual([
    ['idle', '127.0.0.1'],
    ['idle', '127.0.0.1'],
  ]);
});

test('over TLS on a Unix socket a connection with a request under way is not idle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crowd-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'edge.sock');
  const closed: Closed[] = [];
  const crowd = { most: 3, share: () => SHARE, onClose: (which: Closed) => void closed.push(which) };
  const edge = await openOnNode({}, undefined, {
    where: { socket: path },
    crowd,
    certificate: certificate(),
  });
  ends.push(edge.close);
  edge.bucket.script = (_asked, incoming, outgoing) => {
    incoming.resume().once('end', () => outgoing.end('small'));
  };
  const dial = async (text: string) => {
    const socket = secureConnect({ socket: connect(path), ca: CA, host: 'localhost' });
    socket.on('error', () => {});
    ends.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    socket.write(text);
    return socket;
  };
  const uploads = [await dial(UPLOAD), await dial(UPLOAD)];
  await asked(edge, 2);
  const idle = await dial('');
  const gone = once(idle, 'close');
  await dial('');
  await gone;
  expect(uploads.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  expect(closed).toEqual(['idle']);
});
