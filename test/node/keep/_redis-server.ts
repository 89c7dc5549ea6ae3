import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/until.ts';

const installed = spawnSync('redis-server', ['--version']).status === 0;

/** True without a redis-server; in CI the tests fail instead. */
export const skipped = !installed && process.env.CI !== 'true';
const why = skipped ? ' (not run: there is no redis-server; apt-get install redis-server)' : '';
export const WITH_SERVER = `with a server${why}`;

export interface RedisServer {
  /** Starts it on the test's port, with further options. */
  start(...more: string[]): Promise<void>;
  stop(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Sends one command with a client of its own. */
  stranger(...words: string[]): Promise<unknown>;
  /** `credentials` end with `@`. */
  url(credentials?: string): string;
  /** A folder for all tests of the file. */
  folder(): string;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** A redis-server that each test starts, and that is stopped after the test. */
export function useServer(): RedisServer {
  let folder = '';
  let port = 0;
  let server: ChildProcess | null = null;

  async function start(...more: string[]): Promise<void> {
    const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    const inMemory = ['--save', '', '--appendonly', 'no'];
    server = spawn('redis-server', [...address, ...inMemory, ...more], { stdio: 'ignore' });
    await until('redis-server answers', answers);
  }

  async function answers(): Promise<boolean> {
    const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
    client.on('error', () => undefined);
    // NOAUTH: it answers, and requires a password.
    const answer = await client.connect().then(
      () => 'ready',
      (error: unknown) => String(error),
    );
    client.destroy();
    return answer === 'ready' || /NOAUTH/.test(answer);
  }

  async function stop(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  async function stranger(...words: string[]): Promise<unknown> {
    const client = createClient({ socket: { host: '127.0.0.1', port } });
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  beforeAll(async () => {
    if (!installed) throw new Error('there is no redis-server: apt-get install redis-server');
    folder = await mkdtemp(join(tmpdir(), 'redis-'));
  });
  beforeEach(async () => {
    port = await freePort();
  });
  afterEach(stop);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  return {
    start,
    stop,
    signal: (name) => void server?.kill(name),
    stranger,
    url: (credentials = '') => `redis://${credentials}127.0.0.1:${port}`,
    folder: () => folder,
  };
}
