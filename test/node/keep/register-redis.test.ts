import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { RegisterEntry } from '../../../src/rules/register.ts';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/until.ts';
import { rulesFor } from '../transport/_store.ts';
import { closeAfter, open, useClients } from './_redis-client.ts';
import { skipped, useServer, WITH_SERVER } from './_redis-server.ts';

useClients();

const KEY = 'bucket-cors:register:b';
const entry = (name: string): RegisterEntry => ({
  document: rulesFor(`https://${name}.example`),
  writer: 'LTAIwriter',
  writtenAt: 1_700_000_000_000,
});

/** A network path to a port that delays what follows a word, until `release`. */
async function slowPath(port: number, word: string) {
  const held: { readonly chunk: Buffer; readonly to: Socket }[] = [];
  let isHolding = true;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {});
    upstream.pipe(client);
    client.on('data', (chunk) => {
      if (isHolding && (held.some(({ to }) => to === upstream) || chunk.includes(word)))
        held.push({ chunk, to: upstream });
      else upstream.write(chunk);
    });
  });
  const own = await listen(server);
  closeAfter(async () => void server.close());
  return {
    url: `redis://127.0.0.1:${own}`,
    held: () => held.length,
    release(): void {
      isHolding = false;
      for (const { chunk, to } of held.splice(0)) to.write(chunk);
    },
  };
}

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stop, signal, stranger, url } = useServer();
  const port = () => Number(new URL(url()).port);

  test('an entry that one instance has written is what all read, without expiry', async () => {
    await start();
    const [one, two] = [await open(url()), await open(url())];
    expect(await two.register.read('b')).toBeNull();
    await one.register.write('b', entry('a'));
    expect(await two.register.read('b')).toMatchObject(entry('a'));
    await two.register.write('b', { ...entry('a'), document: null });
    expect(await one.register.read('b')).toMatchObject({ document: null });
    expect(await two.register.read('c')).toBeNull();
    expect(await stranger('TTL', KEY)).toBe(-1);
  });

  test('of writes at once by two instances one whole entry remains, and none is refused', async () => {
    await start();
    const instances = [await open(url()), await open(url())];
    const names = Array.from({ length: 10 }, (_, at) => `n${at}`);
    const writes = names.flatMap((name) =>
      instances.map(({ register }) =>
        register.write('b', { ...entry(name), document: rulesFor(`https://${name}.example`) }),
      ),
    );
    await Promise.all(writes);
    const found = await instances[0]?.register.read('b');
    expect(names.map((name) => entry(name).document)).toContain(found?.document);
  });

  test('a write that was given up changes nothing when Redis gets it after a newer one', async () => {
    await start();
    const slow = await slowPath(port(), 'EVAL');
    const [late, other] = [await open(slow.url), await open(url())];
    await other.register.write('b', entry('old'));
    await expect(late.register.write('b', entry('late'))).rejects.toThrow(/failed: no answer within/);
    expect(slow.held()).toBeGreaterThan(0);
    expect(await other.register.read('b')).toMatchObject(entry('old'));
    await other.register.write('b', entry('new'));
    slow.release();
    await until('the late instance reads again', async () =>
      late.register.read('b').then(
        (found) => found?.document === entry('new').document,
        () => false,
      ),
    );
    expect(await other.register.read('b')).toMatchObject(entry('new'));
  });

  test('reads and writes reject, in limited time, while Redis is away or silent', async () => {
    await start();
    const { register } = await open(url());
    await register.write('b', entry('a'));
    signal('SIGSTOP');
    await expect(register.write('b', entry('b'))).rejects.toThrow(/in Redis at redis:.* failed: no answer/);
    await expect(register.read('b')).rejects.toThrow(/failed|away/);
    await stop();
    await until('Redis is away', () =>
      register.read('b').then(
        () => false,
        (error) => /is away$/.test(error.message),
      ),
    );
    await expect(register.write('b', entry('b'))).rejects.toThrow(/is away$/);
  });

  test('a write rejects while Redis has no memory, and the old entry stays', async () => {
    await start();
    const { register } = await open(url());
    await register.write('b', entry('a'));
    await stranger('CONFIG', 'SET', 'maxmemory', '1');
    await expect(register.write('b', entry('b'))).rejects.toThrow(/OOM/);
    expect(await register.read('b')).toMatchObject(entry('a'));
  });

  test.each<[string, string[], RegExp]>([
    ['damaged', ['SET', KEY, '{"format":1,'], /bucket-cors:register:b in .* is incomplete/],
    ['too long', ['SET', KEY, ' '.repeat(600_000)], /is over \d+ bytes/],
    ['about another bucket', ['SET', KEY, '{"format":1,"bucket":"c"}'], /another bucket/],
  ])('a read of an entry that is %s rejects, and the next write replaces it', async (_, command, fault) => {
    await start();
    const { register } = await open(url());
    await stranger(...command);
    await expect(register.read('b')).rejects.toThrow(fault);
    await register.write('b', entry('a'));
    expect(await register.read('b')).toMatchObject(entry('a'));
  });

  test('reads and writes of a key that is a list reject', async () => {
    await start();
    const { register } = await open(url());
    await stranger('LPUSH', KEY, 'x');
    await expect(register.read('b')).rejects.toThrow(/WRONGTYPE/);
    await expect(register.write('b', entry('a'))).rejects.toThrow(/WRONGTYPE/);
  });
});
