import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { PATIENCE } from '../../cli/_process.ts';
import { dial } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { CARRIERS, useProcess, wholeOf } from './_endings-process.ts';

const start = useProcess();

describe.each(CARRIERS)('over %s, a response that is cut off does not look complete', (carrier) => {
  test('when the drain time is over', async () => {
    const { edge, begin } = await start(carrier, '--drain', '0');
    const ends = await begin();
    edge.child.kill('SIGTERM');
    expect(wholeOf(await ends())).toEqual([]);
    expect(await edge.code).toBe(0);
  });

  test('when a second signal ends the process', async () => {
    const { edge, begin } = await start(carrier, '--drain', '1h');
    const admin = await edge.address('admin');
    const ends = await begin();
    edge.child.kill('SIGTERM');
    const isEnding = async () => (await call(`${admin}/readyz`)).status === 503;
    await until('the process is ending', isEnding, PATIENCE);
    edge.child.kill('SIGTERM');
    expect(wholeOf(await ends())).toEqual([]);
    expect([await edge.code, edge.child.signalCode]).toEqual(['killed', 'SIGTERM']);
  });
});

/** A server that begins one HTTP/1.0 response, and then throws an uncaught error. */
const FAILS = `
import { listen } from ${JSON.stringify(new URL('../../../src/node/server/listen.ts', import.meta.url).href)};
const answer = (incoming, outgoing) => {
  outgoing.writeHead(200).write('the beginning');
  setTimeout(() => { throw new Error('a fault'); }, 100);
};
const { url } = await listen(answer, { host: '127.0.0.1', port: 0 });
console.log(url);
`;

test('a response to HTTP/1.0 does not look complete when an uncaught error ends the process', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', FAILS], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const [url] = await once(child.stdout, 'data');
  const socket = dial(String(url).trim());
  const seen: string[] = [];
  socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
  socket.once('end', () => seen.push(' the end'));
  socket.once('error', (error: NodeJS.ErrnoException) => seen.push(` ${error.code}`));
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await until('the connection is gone', () => socket.closed);
  expect(seen.join('')).toMatch(/the beginning ECONNRESET$/);
  expect((await ended)[0]).toBe(1);
});
