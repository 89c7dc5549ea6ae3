import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { refusesConnections } from '../node/_ports.ts';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, SLOW_BEGIN, SLOW_END, type Store } from '../node/transport/_store.ts';
import { type Installed, installPacked } from './_packed.ts';
import { NODE, PATIENCE } from './_process.ts';

const SERVE = ['serve', '--port', '0', '--admin-port', '0', '--drain', '9s', '--bucket'];
const canUnshare = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

let installed: Installed;
let store: Store;
let child: ChildProcess;
let said = '';
beforeAll(async () => {
  installed = await installPacked();
}, 60_000);
afterAll(() => installed.remove());
beforeEach(async () => {
  store = await openStore(rulesFor('https://a.example'));
  said = '';
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await store.close();
});

const addressOf = (word: string) => new RegExp(`^${word} +(http://\\S+)`, 'm').exec(said)?.[1] ?? '';

/** Starts a command in the folder of the package, and waits until the edge serves. */
async function serve(command: string, ...args: string[]): Promise<{ readonly url: string }> {
  child = spawn(command, args, {
    cwd: installed.folder,
    env: {
      PATH: `${join(NODE, '..')}:${process.env.PATH ?? ''}`,
      npm_config_cache: join(installed.folder, 'cache'),
      npm_config_update_notifier: 'false',
      npm_config_offline: 'true',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(`${command} serves`, () => addressOf('admin') !== '' || child.exitCode !== null, PATIENCE);
  if (child.exitCode !== null) throw new Error(`it exited and wrote: ${said}`);
  return { url: addressOf('edge') };
}

/** Sends a signal while a download runs; returns its text. */
async function signalledDuring(url: string, signal: () => void): Promise<string> {
  const download = call(`${url}/slow`, { headers: { Connection: 'close' } });
  await until('the download has begun', () => store.waiting() === 1, PATIENCE);
  signal();
  await until('connections are refused', () => refusesConnections(url), PATIENCE);
  store.release();
  return (await download).text;
}

const exited = async () => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
};

/** The process that `unshare` runs: the first one of its PID namespace. */
async function firstProcess(): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return Number(children.trim());
}

const line = () => `exec bucket-cors ${SERVE.join(' ')} ${store.url}`;

describe.each([
  ['npx -c', () => ['npx', '-c', line()]],
  ['npm exec -c', () => ['npm', 'exec', '-c', line()]],
  ['the program itself', () => ['node_modules/.bin/bucket-cors', ...SERVE, store.url]],
] as const)('%s', (_, words) => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'passes %s on: a download ends, and so does npx with 0',
    async (signal) => {
      const [command = '', ...args] = words();
      const { url } = await serve(command, ...args);
      expect(await signalledDuring(url, () => child.kill(signal))).toBe(SLOW_BEGIN + SLOW_END);
      expect(await exited()).toBe(0);
    },
  );

  test.skipIf(!canUnshare)('does so as the first process of a container', async () => {
    const { url } = await serve('unshare', '--pid', '--fork', '--kill-child', ...words());
    const first = await firstProcess();
    expect(await signalledDuring(url, () => process.kill(first, 'SIGTERM'))).toBe(SLOW_BEGIN + SLOW_END);
    expect(await exited()).toBe(0);
  });
});

test.skipIf(!canUnshare)('the first process of a container ends by a second signal too', async () => {
  const { url } = await serve(
    'unshare',
    '--pid',
    '--fork',
    '--kill-child',
    'node_modules/.bin/bucket-cors',
    ...SERVE,
    store.url,
  );
  const first = await firstProcess();
  const download = call(`${url}/slow`).catch(() => null);
  await until('the download has begun', () => store.waiting() === 1, PATIENCE);
  process.kill(first, 'SIGTERM');
  await until('connections are refused', () => refusesConnections(url), PATIENCE);
  process.kill(first, 'SIGTERM');
  expect(await exited()).toBe(143);
  await download;
});

describe.each(['npx', 'npm exec --'])('plain %s, whose shell may not pass signals on', (name) => {
  test('leaves no edge behind: it drains', async () => {
    const [command = '', ...words] = name.split(' ');
    const { url } = await serve(command, ...words, 'bucket-cors', ...SERVE, store.url);
    expect(await signalledDuring(url, () => child.kill('SIGTERM'))).toBe(SLOW_BEGIN + SLOW_END);
    await exited();
    await until('the admin port is closed', () => refusesConnections(addressOf('admin')), PATIENCE);
  });
});

test('the installed package has the live page and each file that it names', async () => {
  await serve('node_modules/.bin/bucket-cors', ...SERVE, store.url);
  const page = await call(`${addressOf('admin')}/`);
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  const files = [...page.text.matchAll(/(?:src|href)="([\w-]+\.\w+)"/g)].flatMap(([, name]) => name ?? []);
  expect(files.length).toBeGreaterThan(1);
  for (const name of files)
    expect([name, (await call(`${addressOf('admin')}/${name}`)).status]).toEqual([name, 200]);
});
