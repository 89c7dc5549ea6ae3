import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/until.ts';
import { closeAfter, lastGood, open, useClients, warnings } from './_redis-client.ts';
import { freePort, skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

describe('without a Redis server', () => {
  test('openRedis resolves, reads give null, writes are dropped, and one warning says so', async () => {
    const redis = await open(`redis://:secret@127.0.0.1:${await freePort()}`);
    expect(warnings).toEqual([
      expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ is away: .*ECONNREFUSED/),
    ]);
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    redis.bus.publish({ kind: 'refresh', bucket: null });
    expect(warnings).toHaveLength(1);
  });

  test('a server that accepts connections and sends nothing counts as away', async () => {
    const server = createServer(() => undefined);
    const port = await listen(server);
    closeAfter(async () => server.close());
    const redis = await open(`redis://127.0.0.1:${port}/1`);
    expect(warnings).toEqual([expect.stringContaining('is away')]);
    expect(await redis.keep.read('b')).toBeNull();
  });
});

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stop, signal, url } = useServer();

  test('a killed server gives one warning, and is used again with its messages once it is back', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    await stop();
    await until('both clients warn that it is away', () => warnings.length === 2);
    expect(await one.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://lost'));
    await start();
    await until('both clients warn that it is back', () => warnings.length === 4);
    expect(warnings.map((message) => /is (away|back)/.exec(message)?.[1])).toEqual([
      'away',
      'away',
      'back',
      'back',
    ]);
    expect(await two.keep.read('b')).toBeNull();
    await one.keep.write('b', await lastGood('https://a'));
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('the other client gets the message', () => one.received.length === 1);
    expect(warnings).toHaveLength(4);
  });

  test('a server that starts later is used', async () => {
    const redis = await open(url());
    await start();
    await until('the client warns that it is back', () => warnings.length === 2);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('a stopped server gives null within the limit and a warning, and is used again when it continues', async () => {
    await start();
    const redis = await open(url());
    signal('SIGSTOP');
    expect(await redis.keep.read('b')).toBeNull();
    await redis.keep.write('b', await lastGood('https://a'));
    expect(warnings).toEqual([
      expect.stringContaining('reading bucket-cors:rules:b in Redis at'),
      expect.stringContaining('writing bucket-cors:rules:b in Redis at'),
    ]);
    expect(warnings[0]).toContain('no answer within 500 ms');
    await until('the client warns that it is away', () => warnings.length === 3);
    expect(warnings[2]).toMatch(/is away: no answer within 1000 ms/);
    signal('SIGCONT');
    await until('the client warns that it is back', () => warnings.length === 4);
    await redis.keep.write('b', await lastGood('https://b'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://b'));
  });
});
