import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openPipe } from '../helpers/outputs.ts';
import type { RunOptions } from './_process.ts';

/** A standard output that does not take an edge's log. */
export interface BadOutput {
  readonly options: Pick<RunOptions, 'stdout' | 'unread' | 'under'>;
  /** Standard error too, as after `2>&1`. */
  readonly both: Pick<RunOptions, 'stdout' | 'stderr' | 'under'>;
  close(): void;
}

/** A standard output that takes the log after `recover`. */
export interface PassingOutput extends BadOutput {
  recover(): void;
  /** What has been written so far. */
  text(): string;
}

const toDescriptor = (
  stdout: number,
  under: readonly string[] = [],
): Pick<BadOutput, 'options' | 'both'> => ({
  options: { stdout, under },
  both: { stdout, stderr: stdout, under },
});

function toFile(path: string, under: readonly string[] = []): BadOutput {
  const stdout = openSync(path, 'a');
  return { ...toDescriptor(stdout, under), close: () => closeSync(stdout) };
}

export const fullDevice = (): BadOutput => toFile('/dev/full');

/** A file with a size limit, as by `ulimit -f`. */
export function limitedFile(): BadOutput {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const { close, ...to } = toFile(join(folder, 'log'), ['prlimit', '--fsize=65536']);
  return {
    ...to,
    close: () => {
      close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Only root may mount a file system. */
export const mayMount = process.getuid?.() === 0 && mountable();

function mountable(): boolean {
  try {
    fullDisk().close();
    return true;
  } catch {
    return false;
  }
}

/** A file system of 64 KB, which can be made larger. */
export function fullDisk(): PassingOutput {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
  const path = join(folder, 'log');
  const { close, ...to } = toFile(path);
  return {
    ...to,
    recover: () => void execFileSync('mount', ['-o', 'remount,size=64m', folder]),
    text: () => readFileSync(path, 'utf8'),
    close: () => {
      close();
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

export function unreadPipe(): PassingOutput {
  const { writes: stdout, read, close } = openPipe();
  const taken: Buffer[] = [];
  let reading: NodeJS.Timeout | undefined;
  return {
    ...toDescriptor(stdout),
    recover: () => {
      reading = setInterval(() => taken.push(read()), 1);
    },
    text: () => String(Buffer.concat(taken)),
    close: () => {
      clearInterval(reading);
      close();
    },
  };
}

/** A pipe whose reader has exited, as with `| head`. */
export function closedPipe(): BadOutput {
  const { writes: stdout, closeReader, close } = openPipe();
  closeReader();
  return { ...toDescriptor(stdout), close };
}

/** A pipe that is full before the edge starts. */
export function fullPipe(): BadOutput {
  const { writes: stdout, close } = openPipe();
  const filling = openSync(`/proc/self/fd/${stdout}`, constants.O_WRONLY | constants.O_NONBLOCK);
  expect(() => {
    for (;;) writeSync(filling, Buffer.alloc(4_096, 'x'));
  }).toThrow(/EAGAIN/);
  closeSync(filling);
  return { ...toDescriptor(stdout), close };
}

/** A socket that is not read: systemd's output of a service while the journal hangs. Node makes one for a child process. */
export const unreadSocket = (): Omit<BadOutput, 'both'> => ({ options: { unread: true }, close: () => {} });

/** A terminal. Python opens it, and then executes the edge in its place. */
function toTerminal(script: string): BadOutput {
  const under = (descriptors: string): readonly string[] => {
    const made = 'import os, pty, sys\nm, s = pty.openpty()\n';
    const outputs = `for fd in ${descriptors}: os.dup2(s, fd)\n`;
    const become = '\nos.execvp(sys.argv[1], sys.argv[1:])';
    return ['/usr/bin/python3', '-c', made + outputs + script + become];
  };
  return { options: { under: under('[1]') }, both: { under: under('[1, 2]') }, close: () => {} };
}

/** A closed terminal: every write fails with EIO. */
export const closedTerminal = (): BadOutput => toTerminal('os.close(m)');

/** A stopped terminal, as after Ctrl-S. */
export const stoppedTerminal = (): BadOutput =>
  toTerminal(`os.set_inheritable(m, True)
filling = os.open(os.ttyname(s), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
try:
    while True: os.write(filling, b'x' * 1024)
except BlockingIOError:
    os.close(filling)`);
