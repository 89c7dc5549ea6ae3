import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/until.ts';
import { closeAfter, lastGood, open, told, useClients } from './_redis-client.ts';
import { freePort, skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

describe('without a server', () => {
  test('opens all the same, gives nothing, drops what is written, and says so once', async () => {
    const redis = await open(`redis://:secret@127.0.0.1:${await freePort()}`);
    expect(told).toEqual([
      expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ is away: .*ECONNREFUSED/),
    ]);
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    redis.bus.publish({ kind: 'refresh', bucket: null });
    expect(told).toHaveLength(1);
  });

  test('one that takes the connection and says nothing is away too', async () => {
    const server = createServer(() => undefined);
    const port = await listen(server);
    closeAfter(async () => server.close());
    const redis = await open(`redis://127.0.0.1:${port}/1`);
    expect(told).toEqual([expect.stringContaining('is away')]);
    expect(await redis.keep.read('b')).toBeNull();
  });
});

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stop, signal, url } = useServer();

  test('a server that is killed is missed once, and found again with its messages once it is back', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    await stop();
    await until('both have missed it', () => told.length === 2);
    expect(await one.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://lost'));
    await start();
    await until('both have found it', () => told.length === 4);
    expect(told.map((message) => /is (away|back)/.exec(message)?.[1])).toEqual([
      'away',
      'away',
      'back',
      'back',
    ]);
    expect(await two.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://a'));
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('the other hears again', () => one.heard.length === 1);
    expect(told).toHaveLength(4);
  });

  test('a server that starts later is found', async () => {
    const redis = await open(url());
    await start();
    await until('it is found', () => told.length === 2);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('a server that stands still gives null within the limit, is told of, and found when it goes on', async () => {
    await start();
    const redis = await open(url());
    signal('SIGSTOP');
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    expect(told).toEqual([
      expect.stringContaining('reading bucket-cors:rules:b in Redis at'),
      expect.stringContaining('writing bucket-cors:rules:b in Redis at'),
    ]);
    expect(told[0]).toContain('no answer within 500 ms');
    await until('it is missed', () => told.length === 3);
    expect(told[2]).toMatch(/is away: no answer within 1000 ms/);
    signal('SIGCONT');
    await until('it is found', () => told.length === 4);
    await redis.keep.write('b', await lastGood('https://b'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://b'));
  });
});
