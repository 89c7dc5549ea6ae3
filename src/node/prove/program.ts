import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Proved } from './prover.ts';

/** Debian installs servers in folders that only root's PATH has. */
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
/** Milliseconds until a program must listen: varnishd compiles its configuration first. */
const START_MS = 20_000;
/** Milliseconds from SIGTERM to SIGKILL. */
const END_MS = 5_000;
const PAUSE_MS = 10;
/** Characters of a program's output in the message of a failed start. */
const SHOWN = 4_000;

/** Whether a program is in a folder of PATH. */
export async function isOnPath(program: string): Promise<boolean> {
  for (const folder of PATH.split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {}
  }
  return false;
}

/** The first version number that a program prints: `[1, 22, 1]`. */
export async function versionOf(program: string, args: readonly string[]): Promise<readonly number[]> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { env: { PATH } });
  const [found = ''] = /\d+(?:\.\d+)+/.exec(stdout + stderr) ?? [];
  return found.split('.').map(Number);
}

/** Below the ports that systems give to clients, so that no connection takes a port before the program listens there. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const PORT_TRIES = 50;

/** A port of loopback that is free now, for a program that cannot choose one itself. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORT_TRIES; tried += 1) {
    const port = randomInt(FIRST_PORT, FIRST_PORT + PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no port of loopback is free');
}

/**
 * Starts a server program in a temporary folder and waits until it listens on a free port of loopback. `prepare` writes
 * the configuration into the folder and returns the arguments, including those for the foreground.
 */
export async function startProgram(
  program: string,
  prepare: (folder: string, port: number) => Promise<readonly string[]>,
): Promise<Proved> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), `bucket-cors-${program}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const args = await prepare(folder, port).catch(async (error) => {
    await remove();
    throw error;
  });
  const child = spawn(program, args, { env: { PATH, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      if (said.length < SHOWN) said += chunk;
    });
  child.once('error', (error) => {
    running.delete(child);
    said += error.message;
  });
  const close = async () => {
    await endProgram(child);
    await remove();
  };
  const limit = performance.now() + START_MS;
  while (!(await isOpen(port))) {
    if (hasEnded(child) || performance.now() > limit) {
      await close();
      throw new Error(`${program} did not start: ${said.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

/** The programs that run. */
const running = new Set<ChildProcess>();

/** Ends every program that `startProgram` has started; each start that still waits then rejects. */
export function endPrograms(): void {
  for (const child of running) void endProgram(child);
}

export const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

/** SIGTERM first: after SIGKILL the server's own child processes would remain. */
export async function endProgram(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await exited;
  clearTimeout(limit);
}

/** Whether a server listens on a port of loopback. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
