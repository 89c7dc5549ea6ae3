import { describe, expect, test } from 'vitest';
import { MAX_COPY_BYTES } from '../../../src/rules/last-good.ts';
import { until } from '../../helpers/until.ts';
import { lastGood, open, useClients, warnings } from './_redis-client.ts';
import { skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stranger, url } = useServer();

  test('instances share rules, and messages reach all instances but their sender', async () => {
    await start();
    const [one, two, three] = [await open(url()), await open(url()), await open(url())];
    const written = await lastGood('https://a');
    await one.keep.write('b', written);
    expect(await two.keep.read('b')).toEqual(written);
    expect(await two.keep.read('c')).toBeNull();
    one.bus.publish({ kind: 'changed', bucket: 'b', version: written.version });
    await until(
      'the other instances get the message',
      () => two.received.length === 1 && three.received.length === 1,
    );
    two.bus.publish({ kind: 'refresh', bucket: null });
    // Messages arrive in order: an echo of the first one would come before this one.
    await until(
      'the first instance gets the message',
      () => one.received.length === 1 && three.received.length === 2,
    );
    expect(one.received).toEqual([{ kind: 'refresh', bucket: null }]);
    expect(two.received).toEqual([{ kind: 'changed', bucket: 'b', version: written.version }]);
    expect(await stranger('TTL', 'bucket-cors:rules:b')).toBe(-1);
    expect(warnings).toEqual([]);
  });

  test('instances with different databases share neither rules nor messages', async () => {
    await start();
    const [zero, two, alsoTwo] = [await open(url()), await open(`${url()}/2`), await open(`${url()}/2`)];
    await two.keep.write('b', await lastGood('https://a'));
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('the same database gets it', () => alsoTwo.received.length === 1);
    zero.bus.publish({ kind: 'refresh', bucket: 'c' });
    await until('the message is delivered', async () => (await stranger('PING')) === 'PONG');
    expect(await zero.keep.read('b')).toBeNull();
    expect([zero.received, two.received]).toEqual([[], []]);
  });

  test('a write right before close arrives; a closed instance neither sends nor gets messages', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    const writing = one.keep.write('b', await lastGood('https://a'));
    await one.close();
    await writing;
    expect(await two.keep.read('b')).toEqual(await lastGood('https://a'));
    one.bus.publish({ kind: 'refresh', bucket: 'b' });
    expect(await one.keep.read('b')).toBeNull();
    // Whether Redis has a copy is unknown to a closed instance.
    expect([await one.keep.peek('b', true), await two.keep.peek('c', true)]).toEqual(['unknown', null]);
    two.bus.publish({ kind: 'refresh', bucket: 'b' });
    await until('only the second instance subscribes', async () => {
      const [, count] = (await stranger('PUBSUB', 'NUMSUB', 'bucket-cors:bus')) as [string, number];
      return count === 1;
    });
    expect([one.received, two.received, warnings]).toEqual([[], [], []]);
  });

  test.each<[string, string[], RegExp]>([
    ['text', ['SET', 'bucket-cors:rules:b', 'garbage'], /bucket-cors:rules:b is incomplete/],
    ['foreign JSON', ['SET', 'bucket-cors:rules:b', '{"format":2}'], /not of format 1/],
    [
      'a value over the limit',
      ['SETRANGE', 'bucket-cors:rules:b', `${MAX_COPY_BYTES * 3}`, 'x'],
      /over 1048576 bytes/,
    ],
    ['a list', ['RPUSH', 'bucket-cors:rules:b', 'x'], /WRONGTYPE/],
  ])('%s in the key is ignored with a warning, and replaced by the next write', async (_, words, fault) => {
    await start();
    const redis = await open(url());
    await stranger(...words);
    expect(await redis.keep.read('b')).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(fault)]);
    await redis.keep.write('b', await lastGood('https://a'));
    expect(await redis.keep.read('b')).toEqual(await lastGood('https://a'));
  });

  test('garbage on the channel is ignored with one warning', async () => {
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
    await until('the valid message arrives', () => redis.received.length === 1);
    expect(redis.received).toEqual([message]);
    expect(warnings).toEqual([
      expect.stringContaining('bucket-cors:bus carries a message that is not an edge'),
    ]);
  });

  test('consecutive refused writes give one warning', async () => {
    await start();
    const redis = await open(url());
    await stranger('CONFIG', 'SET', 'maxmemory', '1');
    for (const name of ['b', 'c']) await redis.keep.write(name, await lastGood('https://a'));
    expect(warnings).toEqual([
      expect.stringMatching(/^writing bucket-cors:rules:b in Redis at .* failed: OOM/),
    ]);
  });
});
