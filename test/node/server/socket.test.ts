import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ended, type Run, run, stop } from '../../cli/_process.ts';
import { answerTo, value } from '../../helpers/client.ts';
import { openStore, rulesFor, type Store } from '../transport/_store.ts';

const ORIGIN = 'https://a.example';

let folder = '';
let path = '';
let store: Store;
let edge: Run | undefined;
beforeAll(async () => {
  store = await openStore(rulesFor(ORIGIN));
});
afterAll(() => store.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'socket-'));
  path = join(folder, 'edge.sock');
});
afterEach(async () => {
  if (edge !== undefined) await stop(edge);
  edge = undefined;
  rmSync(folder, { recursive: true });
});

const args = () => ['serve', '--bucket', store.url, '--socket', path, '--admin-port', '0'];

async function serve(): Promise<Run> {
  edge = run(args());
  await edge.address('edge');
  return edge;
}

const ask = () =>
  answerTo(request({ socketPath: path, path: '/key', headers: { Origin: ORIGIN }, agent: false }).end());

test('the edge serves on a socket, which its group may use, and removes it at its end', async () => {
  const { address, child, code } = await serve();
  expect(await address('edge')).toBe(`http://unix:${path}`);
  const answered = await ask();
  expect([answered.status, value(answered, 'access-control-allow-origin')]).toEqual([200, ORIGIN]);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  child.kill('SIGTERM');
  expect(await code).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test('a socket left by a killed process is replaced', async () => {
  await stop(await serve());
  expect(statSync(path).isSocket()).toBe(true);
  await serve();
  expect((await ask()).status).toBe(200);
});

test('a socket that a process listens on is left in place', async () => {
  const server = createServer((socket) => socket.on('error', () => {})).listen(path);
  await once(server, 'listening');
  const { code, lines } = await ended(args());
  expect([code, lines]).toEqual([
    1,
    [`bucket-cors: --socket ${path} is in use: stop what listens there, or write another path`],
  ]);
  expect(statSync(path).isSocket()).toBe(true);
  server.close();
});

test('a file that is not a socket is left in place', async () => {
  writeFileSync(path, 'precious');
  const { code, lines } = await ended(args());
  expect([code, lines]).toEqual([
    1,
    [`bucket-cors: --socket ${path} exists and is not a socket: write another path`],
  ]);
  expect(statSync(path).size).toBe(8);
});

test('a socket in a folder that does not exist is a fault', async () => {
  path = join(folder, 'missing', 'edge.sock');
  const { code, lines } = await ended(args());
  expect([code, lines]).toEqual([
    1,
    [`bucket-cors: --socket ${path} is in a folder that does not exist: make it, or write another path`],
  ]);
});
