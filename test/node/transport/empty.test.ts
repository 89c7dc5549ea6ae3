import { afterEach, expect, test } from 'vitest';
import { call, dial, rawly, values } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { until } from '../../helpers/until.ts';

let edge: NodeEdge;
afterEach(() => edge.close());

const framing = () => ({
  length: values(edge.bucket.asked[0] ?? { headers: [] }, 'content-length'),
  coding: values(edge.bucket.asked[0] ?? { headers: [] }, 'transfer-encoding'),
});

// undici sends it without a length, except for PUT, POST and PATCH.
test.runIf(TRANSPORT === 'own').each(['PUT', 'POST', 'DELETE', 'GET'])(
  'a %s with Content-Length: 0 reaches the bucket with it',
  async (method) => {
    edge = await openOnNode({});
    expect((await call(edge.url, { method, target: '/key', body: '' })).status).toBe(200);
    expect(framing()).toEqual({ length: ['0'], coding: [] });
  },
);

test.each(['GET', 'HEAD', 'DELETE'])(
  'a %s without a body reaches the bucket without a length',
  async (method) => {
    edge = await openOnNode({});
    expect((await call(edge.url, { method, target: '/key' })).status).toBe(200);
    expect(framing()).toEqual({ length: [], coding: [] });
  },
);

// undici sends it without chunks.
test.runIf(TRANSPORT === 'own').each(['PUT', 'POST', 'DELETE'])(
  'a %s in chunks without a byte reaches the bucket in chunks',
  async (method) => {
    edge = await openOnNode({});
    const head = `${method} /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await rawly(edge.url, `${head}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(framing()).toEqual({ length: [], coding: ['chunked'] });
    expect(edge.bucket.asked[0]).toMatchObject({ ended: true, body: [] });
  },
);

test('chunks of an upload reach the bucket one by one, as the client sends them', async () => {
  edge = await openOnNode({});
  const arrived: string[] = [];
  edge.bucket.script = (_asked, incoming, outgoing) => {
    incoming.on('data', (chunk: Buffer) => arrived.push(chunk.toString()));
    incoming.on('end', () => outgoing.end('done'));
  };
  const client = dial(edge.url);
  let text = '';
  client.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  client.write('PUT /key HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (const piece of ['one', 'two', 'three']) {
    client.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    await until(`${piece} arrives`, () => arrived.at(-1) === piece);
  }
  client.write('0\r\n\r\n');
  await until('the answer arrives', () => text.endsWith('done'));
  expect(arrived).toEqual(['one', 'two', 'three']);
  client.destroy();
});
