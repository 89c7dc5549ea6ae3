import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openRedis } from '../../../src/node/keep/redis.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { closeAfter, lastGood, open, useClients, warn, warnings } from './_redis-client.ts';
import { freePort, skipped, useServer, WITH_SERVER } from './_redis-server.ts';

const PASSWORD = 'p@ss/w%rd';
useClients();

describe('a URL that is not valid for Redis', () => {
  test.each([
    ['secret', /is not a URL/],
    ['redis://127.0.0.1:99999', /is not a URL/],
    ['secret:x@127.0.0.1:6379', /begins with neither/],
    ['http://:secret@127.0.0.1', /begins with neither/],
    ['redis:127.0.0.1', /names no host/],
    ['redis://:secret@127.0.0.1/rules', /not the number of a database/],
    ['redis://127.0.0.1?password=secret', /has a query/],
    ['redis://:secret%@127.0.0.1', /stray %/],
  ])('%s is refused, and the fault does not quote it', async (url, reason) => {
    const error = await openRedis(url, warn).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    const [line, ...more] = startFaultLines(error) ?? [];
    expect(line).toMatch(reason);
    expect(line).toContain('write redis://HOST:PORT');
    expect(line).not.toContain('secret');
    expect(more).toEqual([]);
  });
});

describe.skipIf(skipped)(WITH_SERVER, () => {
  const { start, stranger, url, folder } = useServer();

  test('the right password connects; a wrong one gives a warning that does not quote it', async () => {
    await start('--requirepass', PASSWORD);
    const right = await open(url(`:${encodeURIComponent(PASSWORD)}@`));
    await right.keep.write('b', await lastGood('https://a'));
    expect(await right.keep.read('b')).toEqual(await lastGood('https://a'));
    expect(warnings).toEqual([]);
    const wrong = await open(url('default:guessed-it@'));
    expect(await wrong.keep.read('b')).toBeNull();
    const none = await open(url());
    expect(await none.keep.read('b')).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/WRONGPASS/), expect.stringMatching(/NOAUTH/)]);
    expect(warnings.join()).not.toMatch(/guessed-it|p@ss|p%40ss/);
  });

  test('rediss:// connects with TLS, and only to a server with a trusted certificate', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
    const [key, certificate] = [fixture('key.pem'), fixture('cert.pem')];
    const tlsPort = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    await start('--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no');
    await stranger('SET', 'bucket-cors:rules:b', 'garbage');
    await open(`rediss://127.0.0.1:${tlsPort}`);
    expect(warnings).toEqual([expect.stringMatching(/^Redis at rediss:.* is away: self-signed certificate/)]);
    const script = join(folder(), 'tls.mjs');
    const module = new URL('../../../src/node/keep/redis.ts', import.meta.url).href;
    await writeFile(
      script,
      `const { openRedis } = await import('${module}');
      const redis = await openRedis(process.argv[2], (message) => process.send(message));
      await redis.keep.read('b');
      await redis.close();
      process.disconnect();`,
    );
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
    const child = fork(script, [`rediss://127.0.0.1:${tlsPort}`], { execArgv: [], env });
    closeAfter(async () => child.kill('SIGKILL'));
    // Only an open connection can read what is in the key.
    expect(await once(child, 'message')).toEqual([expect.stringContaining('is incomplete'), undefined]);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
