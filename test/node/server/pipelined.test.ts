import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { dial } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { standstill, until } from '../../helpers/until.ts';
import { statuses } from './_framing.ts';
import { OK, openRaw, type RawBucket } from './_raw.ts';

const opened: { bucket?: RawBucket; edge?: NodeEdge } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.bucket?.close();
});

const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: h', ...headers].join('\r\n')}\r\n\r\n`;

describe('pipelined requests', () => {
  async function open() {
    const sockets: Socket[] = [];
    const bucket = await openRaw((socket) => sockets.push(socket));
    const edge = await openOnNode({ buckets: [{ name: 'bucket', url: bucket.url }] });
    Object.assign(opened, { bucket, edge });
    const client = dial(edge.url);
    let text = '';
    client.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    const answer = async (line: string) => {
      await until(`${line} is asked`, () => bucket.asked.at(-1) === line && sockets.length > 0);
      sockets.pop()?.write(OK);
    };
    return { edge, bucket, client, answer, text: () => text };
  }

  test('go to the bucket one after the other', async () => {
    const { bucket, client, answer, text } = await open();
    client.write(request('GET /1') + request('GET /2') + request('DELETE /3'));
    await until('the first is asked', () => bucket.asked.length > 0);
    expect(await standstill(() => bucket.asked.length)).toBe(1);
    for (const line of ['GET /1', 'GET /2', 'DELETE /3']) await answer(line);
    await until('all are answered', () => statuses(text()).length === 3);
    expect(bucket.asked).toEqual(['GET /1', 'GET /2', 'DELETE /3']);
  });

  test('are served up to a bound, and the last response says Connection: close', async () => {
    const { bucket, client, answer, text } = await open();
    client.write(request('GET /1').repeat(200));
    for (let sent = 1; sent <= 65; sent += 1) {
      await until('the next is asked', () => bucket.asked.length === sent);
      await answer('GET /1');
    }
    await until('the connection is closed', () => client.closed);
    expect(statuses(text())).toHaveLength(65);
    expect(text().match(/^Connection: close\r$/gm)).toHaveLength(1);
    expect(bucket.asked).toHaveLength(65);
  });

  test('are served up to the same bound if they come ahead of a response', async () => {
    const { bucket, client, answer, text } = await open();
    client.write(request('GET /1'));
    await until('the first is asked', () => bucket.asked.length === 1);
    client.write(request('GET /1').repeat(200));
    expect(await standstill(() => bucket.asked.length)).toBe(1);
    // The first of those that came ahead does not wait.
    for (let sent = 1; sent <= 66; sent += 1) {
      await until('the next is asked', () => bucket.asked.length === sent);
      await answer('GET /1');
    }
    await until('the connection is closed', () => client.closed);
    expect(statuses(text())).toHaveLength(66);
    expect(text().match(/^Connection: close\r$/gm)).toHaveLength(1);
    expect(bucket.asked).toHaveLength(66);
  });

  test('that come ahead of a response, more than 64 KB of them, do not hide that the client leaves', async () => {
    const { bucket, client } = await open();
    client.write(request('GET /1'));
    await until('the first is asked', () => bucket.asked.length === 1);
    client.write(request('GET /2', `X-Long: ${'x'.repeat(2_000)}`).repeat(70));
    await standstill(() => bucket.asked.length);
    client.resetAndDestroy();
    await until('the edge takes its request back', () => bucket.open.size === 0);
    expect(bucket.asked).toEqual(['GET /1']);
  });

  test('are not begun after the last response of a connection while the server ends', async () => {
    const { edge, bucket, client, answer, text } = await open();
    client.write(request('GET /1') + request('DELETE /2'));
    await until('the first is asked', () => bucket.asked.length === 1);
    const closed = edge.listening.close(2_000);
    await answer('GET /1');
    await closed;
    await until('the connection is closed', () => client.closed);
    expect(statuses(text())).toEqual([200]);
    expect(text()).toMatch(/^Connection: close\r$/m);
    expect(bucket.asked).toEqual(['GET /1']);
  });

  test('are served after a request that expects 100 without a body', async () => {
    const { client, answer, text } = await open();
    client.write(request('GET /1', 'Expect: 100-continue') + request('DELETE /2'));
    await answer('GET /1');
    await answer('DELETE /2');
    await until('both are answered', () => statuses(text()).length === 2);
    expect(text()).not.toMatch(/^Connection: close\r$/m);
  });
});
