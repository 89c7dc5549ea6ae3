import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { within } from '../../src/rules/within.ts';
import { listen } from '../helpers/listen.ts';
import { stall } from '../helpers/stall.ts';

const endless = new Promise<string>(() => undefined);

describe('within', () => {
  test('resolves to the value of work that ends in time', async () => {
    expect(await within(5_000, Promise.resolve(1))).toBe(1);
  });

  test('rejects with the error of work that fails in time', async () => {
    await expect(within(5_000, Promise.reject(new Error('its error')))).rejects.toThrow('its error');
  });

  test('rejects after the limit', async () => {
    await expect(within(1, endless)).rejects.toThrow('no answer within 1 ms');
  });

  test('resolves after the limit to the result of `late`, if given', async () => {
    expect(await within(1, endless, () => 'late')).toBe('late');
  });

  test('resolves to an answer that arrives while the process stalls for longer than the limit', async () => {
    const server = createServer((socket) =>
      socket.once('data', () => {
        socket.end('answer');
        stall(60);
      }),
    );
    const socket = connect(await listen(server), '127.0.0.1');
    await once(socket, 'connect');
    const answered = once(socket, 'data').then(String);
    socket.write('question');
    expect(await within(30, answered)).toBe('answer');
    server.close();
  });
});
