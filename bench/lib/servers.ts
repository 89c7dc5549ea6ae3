import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cores, pinned } from './machine.ts';

/** Milliseconds. */
const START_LIMIT = 20_000;
const END_LIMIT = 5_000;

export interface Server {
  /** `http://127.0.0.1:1234`. */
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  // Not SIGKILL: nginx's worker process would remain.
  for (const child of children) child.kill('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/**
 * Starts a server that prints its address as `listening URL` or `edge URL`, or that listens on the given port.
 * Rejects with its output if it ends or does not listen in time.
 */
export async function startServer(
  command: readonly string[],
  cores: Cores,
  port: number | null = null,
): Promise<Server> {
  const [program = '', ...args] = pinned(cores, command);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk;
    });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const url = await Promise.race([addressOf(child, () => said, port), failed]).catch(async (error) => {
    await end(child);
    throw error;
  });
  return { url, pid: child.pid ?? 0, close: () => end(child) };
}

async function addressOf(child: ChildProcess, said: () => string, port: number | null): Promise<string> {
  const until = performance.now() + START_LIMIT;
  while (performance.now() < until && child.exitCode === null) {
    if (port !== null && (await isOpen(port))) return `http://127.0.0.1:${port}`;
    const printed = port === null ? /^(?:listening|edge)\s+(http:\S+)/m.exec(said())?.[1] : undefined;
    if (printed !== undefined) return printed;
    await pause(50);
  }
  throw new Error(`${child.spawnargs.join(' ')} did not start: ${said()}`);
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT);
  await closed;
  clearTimeout(limit);
}

/** A free port of this machine. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
