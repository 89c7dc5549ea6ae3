import { describe, expect, test } from 'vitest';
import { MAX_COPY_BYTES } from '../../../src/rules/last-good.ts';
import { until } from '../../helpers/until.ts';
import { lastGood, open, told, useClients } from './_redis-client.ts';
import { skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stranger, url } = useServer();

  test('instances share rules, and messages reach the others and not their sender', async () => {
    await start();
    const [one, two, three] = [await open(url()), await open(url()), await open(url())];
    const kept = await lastGood('https://a');
    await one.keep.write('b', kept);
    expect(await two.keep.read('b')).toEqual(kept);
    expect(await two.keep.read('c')).toBeNull();
    one.bus.publish({ kind: 'changed', bucket: 'b', version: kept.version });
    await until('the others hear', () => two.heard.length === 1 && three.heard.length === 1);
    two.bus.publish({ kind: 'refresh', bucket: null });
    // The channel keeps the order: an echo of the first message would stand before this.
    await until('the first hears', () => one.heard.length === 1 && three.heard.length === 2);
    expect(one.heard).toEqual([{ kind: 'refresh', bucket: null }]);
    expect(two.heard).toEqual([{ kind: 'changed', bucket: 'b', version: kept.version }]);
    expect(await stranger('TTL', 'bucket-cors:rules:b')).toBe(-1);
    expect(told).toEqual([]);
  });

  test('what was written right before the end arrives; one that has ended neither hears nor speaks', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    const writing = one.keep.write('b', await lastGood('https://a'));
    await one.close();
    await writing;
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    one.bus.publish({ kind: 'refresh', bucket: 'b' });
    expect(await one.keep.read('b')).toBeNull();
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('nobody listens but the second', async () => {
      const [, count] = (await stranger('PUBSUB', 'NUMSUB', 'bucket-cors:bus')) as [string, number];
      return count === 1;
    });
    expect([one.heard, two.heard, told]).toEqual([[], [], []]);
  });

  test.each<[string, string[], RegExp]>([
    ['text', ['SET', 'bucket-cors:rules:b', 'garbage'], /bucket-cors:rules:b is incomplete/],
    ['foreign JSON', ['SET', 'bucket-cors:rules:b', '{"format":2}'], /not of format 1/],
    ['a flood', ['SETRANGE', 'bucket-cors:rules:b', `${MAX_COPY_BYTES * 3}`, 'x'], /over 1048576 bytes/],
    ['a list', ['RPUSH', 'bucket-cors:rules:b', 'x'], /WRONGTYPE/],
  ])('%s in the key is ignored with a warning and mended by the next write', async (_, words, fault) => {
    await start();
    const redis = await open(url());
    await stranger(...words);
    expect(await redis.keep.read('b')).toBeNull();
    expect(told).toEqual([expect.stringMatching(fault)]);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('garbage on the channel is ignored and told of once', async () => {
    await start();
    const redis = await open(url());
    const message = { kind: 'refresh', bucket: 'b' };
    const garbage = [
      '',
      'x',
      'null',
      '[]',
      '{"from":"x"}',
      JSON.stringify({ from: 'x', message: { kind: 'stop' } }),
    ];
    const long = JSON.stringify({ from: 'x', message, more: 'x'.repeat(9_000) });
    for (const text of [...garbage, long]) await stranger('PUBLISH', 'bucket-cors:bus', text);
    await stranger('PUBLISH', 'bucket-cors:bus', JSON.stringify({ from: 'x', message }));
    await until('the good one arrives', () => redis.heard.length === 1);
    expect(redis.heard).toEqual([message]);
    expect(told).toEqual([expect.stringContaining('bucket-cors:bus carries a message that is not an edge')]);
  });

  test('a refused write is told of once, until one works', async () => {
    await start();
    const redis = await open(url());
    await stranger('CONFIG', 'SET', 'maxmemory', '1');
    for (const name of ['b', 'c']) await redis.keep.write(name, await lastGood('https://a'));
    expect(told).toEqual([expect.stringMatching(/^writing bucket-cors:rules:b in Redis at .* failed: OOM/)]);
  });
});
