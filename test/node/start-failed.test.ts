import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onlyBucket } from '../../src/config/file.ts';
import { start } from '../../src/node/start.ts';
import { startFaultLines } from '../../src/node/start-fault.ts';
import { closed, freePort, listening, refusesConnections } from './_ports.ts';
import { configOf } from './_running.ts';
import { openStore, rulesFor, type Store } from './transport/_store.ts';

let folder = '';
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  store = await openStore(rulesFor('https://a.example'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** The lines of the start fault. Throws if the edge starts. */
async function refused(options: Record<string, string>): Promise<readonly string[] | null> {
  const failed = await start(configOf(options), [onlyBucket(configOf(options))], {
    log: { write: () => undefined },
    env: {},
  }).catch((error) => error);
  if (!(failed instanceof Error)) {
    await failed.close();
    throw new Error('it started');
  }
  return startFaultLines(failed);
}

describe('a start that fails reports the reason and leaves nothing running:', () => {
  test.each([
    ['port', '--port', 'adminPort'],
    ['adminPort', '--admin-port', 'port'],
  ])('the port of %s is in use', async (name, flag, otherName) => {
    const taken = await listening();
    const other = await freePort();
    const lines = await refused({
      bucket: store.url,
      [name]: String(taken.port),
      [otherName]: String(other),
    });
    expect(lines).toEqual([
      `port ${taken.port} on 127.0.0.1 is in use: stop what listens there, or choose another with ${flag}`,
    ]);
    expect(await refusesConnections(`http://127.0.0.1:${other}`)).toBe(true);
    await closed(taken.server);
  });

  test.each(['0.0.0.0', '::'])('the admin port at %s is open to other machines', async (adminHost) => {
    expect(await refused({ bucket: store.url, adminHost })).toEqual([
      `--admin-host ${adminHost} lets other machines read the rules and load them again; write --admin-token env:ADMIN_TOKEN with a token in that variable, or --dangerously-open-admin if they may`,
    ]);
  });

  test('the tokens of the admin port are missing or easy to guess, with all other faults of the port', async () => {
    await writeFile(join(folder, 'token'), 'hush');
    const options = { adminToken: 'env:NONE', adminMetricsToken: `file:${join(folder, 'token')}` };
    const lines = await refused({ bucket: store.url, ...options });
    expect(lines).toEqual([
      expect.stringMatching(/^--admin-token: NONE is not set; write 16 or more /),
      expect.stringMatching(
        /^--admin-metrics-token: the token file .*token is too short, .*; write 16 or more /,
      ),
    ]);
    expect(String(lines)).not.toContain('hush');
    expect(await refused({ bucket: store.url, adminToken: `file:${join(folder, 'none')}` })).toEqual([
      expect.stringMatching(/^--admin-token: the token file .*none can't be read: ENOENT.*; write /),
    ]);
  });

  test('the address does not belong to this machine', async () => {
    const [line, ...others] = (await refused({ bucket: store.url, host: '203.0.113.1' })) ?? [];
    expect(line).toMatch(
      /^--host 203\.0\.113\.1 is not an address of this machine \(EADDRNOTAVAIL\): write 127/,
    );
    expect(line).not.toContain('\n');
    expect(others).toEqual([]);
  });

  test('the folder is missing', async () => {
    expect(await refused({ bucket: join(folder, 'none') })).toEqual([
      expect.stringMatching(/none can't be found \(ENOENT\)/),
    ]);
  });

  test.runIf(existsSync('/proc/self'))(
    'clients write the rules, and the state directory cannot be written',
    async () => {
      const bucket = { bucket: store.url, bucketName: 'media', region: 'cn-hangzhou' };
      expect(await refused({ ...bucket, management: 'keep', stateDir: '/proc' })).toEqual([
        expect.stringMatching(/^state directory \/proc: E.*; name a folder that can be made and written$/),
      ]);
    },
  );

  test('the rules file has faults, reported in a line each with place, value, reason and what to write', async () => {
    const file = join(folder, 'r.xml');
    const faulty = rulesFor('https://*.*').replace('GET', 'get').replace('ETag', '*');
    await writeFile(file, faulty);
    const lines = await refused({ bucket: store.url, rules: file });
    expect(lines).toEqual([
      expect.stringContaining(`--rules ${file}: CORSRule[1]/AllowedOrigin[1] "https://*.*" `),
      expect.stringContaining(`--rules ${file}: CORSRule[1]/AllowedMethod[1] "get" `),
      expect.stringContaining(`--rules ${file}: CORSRule[1]/ExposeHeader[1] "*" `),
    ]);
    for (const line of lines ?? []) expect(line).toMatch(/; write .+$/);
  });

  test.each([
    ['is missing', 'none.xml', /^--rules: .*none\.xml can't be read: ENOENT/],
    ['is a folder', '.', /^--rules: .* is not a file/],
  ])('the rules file %s', async (_, name, line) => {
    expect(await refused({ bucket: store.url, rules: join(folder, name) })).toEqual([
      expect.stringMatching(line),
    ]);
  });

  test('the rules in the option are faulty', async () => {
    expect(await refused({ bucket: store.url, rules: rulesFor('https://*.*') })).toEqual([
      expect.stringMatching(/^--rules inline: CORSRule\[1\]\/AllowedOrigin\[1\]/),
    ]);
  });
});
