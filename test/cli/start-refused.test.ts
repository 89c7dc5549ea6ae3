import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulesFor } from '../node/transport/_store.ts';
import { ended } from './_process.ts';

const FREE = ['--port', '0', '--admin-port', '0', '--demo-port', '0'];

let folder = '';
let taken: Server;
let port = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await mkdir(join(folder, 'bucket'));
  await writeFile(join(folder, 'file'), '');
  await writeFile(join(folder, 'good.xml'), rulesFor('https://a.example'));
  await writeFile(join(folder, 'faulty.xml'), rulesFor('https://*.*').replace('GET', 'get'));
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  port = String((taken.address() as { port: number }).port);
});
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve));
  await rm(folder, { recursive: true });
});

describe('a start exits with 2 and reports', () => {
  test.each([
    ['no bucket', ['serve'], ['--bucket is missing']],
    ['an unknown flag', ['demo', '--prot', '1'], ['--prot is not a flag; write --port']],
    ['a wrong value', ['demo', '--port', 'x'], ['--port "x" is not a port; write a number from 0 to 65535']],
    [
      'one port for two',
      ['demo', '--port', '7000', '--admin-port=7000'],
      ['--admin-port "7000" is also the port of the edge'],
    ],
    ['an unknown flag and no bucket', ['serve', '--prot=1'], ['--prot is not a flag', '--bucket is missing']],
    [
      'a wrong value and no bucket',
      ['serve', '--port=x'],
      ['--port "x" is not a port', '--bucket is missing'],
    ],
    [
      'many faults',
      ['serve', '--bucket', 'ftp://b', '--store=gcs', '--port', '--vary=x', '--xx'],
      ['--port', '--xx is not a flag', '--bucket "ftp://b" has the scheme ftp:', '--store "gcs" is not one'],
    ],
  ])('%s', async (_, args, faults) => {
    const { code, lines, stdout } = await ended(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    for (const fault of faults)
      expect(lines).toContainEqual(expect.stringContaining(`bucket-cors: ${fault}`));
    const [last] = lines.slice(-1);
    const ofLine = last === `Try "bucket-cors ${args[0]} --help"`;
    for (const line of ofLine ? lines.slice(0, -1) : lines)
      expect(line).toMatch(/^bucket-cors: .+; write .+$/);
  });

  test('a wrong variable by its name', async () => {
    const { code, lines } = await ended(['demo', ...FREE], { env: { STORE: 'gcs', RULES_TTL: 'soon' } });
    expect(code).toBe(2);
    expect(lines).toEqual([
      'bucket-cors: STORE "gcs" is not one of the allowed values; write oss or s3',
      expect.stringMatching(/^bucket-cors: RULES_TTL "soon" is not a time in range; write /),
    ]);
  });

  test('a bucket’s URL with a password, without showing it', async () => {
    const { code, stdout, stderr } = await ended(['serve', '--bucket', 'https://user:hush-7f3a@b.example']);
    expect(code).toBe(2);
    expect(stderr).toContain('--bucket contains a user name or password');
    expect(stdout + stderr).not.toContain('hush-7f3a');
  });
});

describe('a start exits with 1 and reports in one line', () => {
  const portInUse = (flag: string) =>
    `port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another with ${flag}`;

  test.each(['port', 'admin-port', 'demo-port'])('that the port of --%s is in use', async (flag) => {
    const args = FREE.map((word, at) => (FREE[at - 1] === `--${flag}` ? port : word));
    const { code, lines } = await ended(['demo', ...args]);
    expect(lines).toEqual([`bucket-cors: ${portInUse(`--${flag}`)}`]);
    expect(code).toBe(1);
  });

  test.each([
    ['a folder that is missing', 'none', /none can't be found \(ENOENT\): make it, or name another/],
    ['a folder that is a file', 'file', /file is not a folder/],
  ])('%s', async (_, name, line) => {
    const { code, lines } = await ended(['serve', ...FREE, '--bucket', join(folder, name)]);
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(1);
  });

  test('a bucket without a scheme that is no folder', async () => {
    const { code, lines } = await ended(['serve', ...FREE, '--bucket', 'media'], { cwd: folder });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: the bucket media is neither a folder here nor an address: write \.\/media for a folder, which must exist, or a bucket's address such as oss:/,
      ),
    ]);
    expect(code).toBe(1);
  });

  test('a rules file that is missing and has the form of an address', async () => {
    const { code, lines } = await ended(['demo', ...FREE, '--rules', 'example.net/cors.xml'], {
      cwd: folder,
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: --rules: .*ENOENT.* If the document is at an address, write https:\/\/example\.net\/cors\.xml\.$/,
      ),
    ]);
    expect(code).toBe(1);
  });

  test.runIf(existsSync('/proc/self'))('a folder that is not writable', async () => {
    const { code, lines } = await ended(['serve', ...FREE, '--bucket', '/proc/self']);
    expect(lines).toEqual([expect.stringMatching(/\/proc\/self can't be written to/)]);
    expect(code).toBe(1);
  });

  test('each fault of a rules file', async () => {
    const { code, lines } = await ended(['demo', ...FREE, '--rules', join(folder, 'faulty.xml')]);
    expect(lines).toEqual([
      expect.stringMatching(
        /^bucket-cors: --rules .*faulty\.xml: CORSRule\[1\]\/AllowedOrigin\[1\] "https:.*; write /,
      ),
      expect.stringMatching(
        /^bucket-cors: --rules .*faulty\.xml: CORSRule\[1\]\/AllowedMethod\[1\] "get" .*; write /,
      ),
    ]);
    expect(code).toBe(1);
  });

  test('rules that clients write, without storage, keys and a region', async () => {
    const args = ['--bucket', join(folder, 'bucket'), '--management', 'keep'];
    const { code, lines } = await ended(['serve', ...FREE, ...args]);
    expect(lines).toEqual([
      'bucket-cors: --management keep: there is no storage for the rules; write --state-dir ./state or --redis redis://127.0.0.1:6379',
      expect.stringMatching(
        /^bucket-cors: --management keep: there are no keys .*: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or write --credentials file:PATH$/,
      ),
      expect.stringMatching(/^bucket-cors: --region is missing: .*; write --region cn-hangzhou, or /),
    ]);
    expect(code).toBe(1);
  });

  test('a rules file that is missing', async () => {
    const { code, lines } = await ended(['demo', ...FREE, '--rules', join(folder, 'none.xml')]);
    expect(lines).toEqual([
      expect.stringMatching(/^bucket-cors: --rules: .*none\.xml can't be read: ENOENT/),
    ]);
    expect(code).toBe(1);
  });
});
