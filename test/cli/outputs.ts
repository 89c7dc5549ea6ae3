import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPipe } from '../helpers/outputs.ts';
import type { RunOptions } from './process.ts';

/** A standard output that does not take what an edge logs. */
export interface BadOutput {
  readonly options: Pick<RunOptions, 'stdout' | 'unread' | 'under'>;
  close(): void;
}

/** One that takes it later. */
export interface PassingOutput extends BadOutput {
  recover(): void;
  /** What it has taken so far. */
  text(): string;
}

const nothing = (): void => {};

function toFile(path: string, under: readonly string[] = []): BadOutput {
  const stdout = openSync(path, 'a');
  return { options: { stdout, under }, close: () => closeSync(stdout) };
}

export const fullDevice = (): BadOutput => toFile('/dev/full');

/** A file that may not become longer, by `ulimit -f`. */
export function limitedFile(): BadOutput {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const { options, close } = toFile(join(folder, 'log'), ['prlimit', '--fsize=65536']);
  return {
    options,
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
  const { options, close } = toFile(path);
  return {
    options,
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
    options: { stdout },
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

/** A pipe whose reader has ended, as `| head` does. */
export function closedPipe(): BadOutput {
  const { writes: stdout, closeReader, close } = openPipe();
  closeReader();
  return { options: { stdout }, close };
}

/** What systemd gives a service, while its journal does not read; Node makes one for a child process. */
export const unreadSocket = (): BadOutput => ({ options: { unread: true }, close: nothing });

const python = (...lines: string[]): BadOutput => ({
  options: {
    under: [
      '/usr/bin/python3',
      '-c',
      ['import os, pty, sys', 'm, s = pty.openpty()', 'os.dup2(s, 1)', 'os.close(s)', ...lines].join('\n') +
        '\nos.execvp(sys.argv[1], sys.argv[1:])',
    ],
  },
  close: nothing,
});

/** Every write to a terminal that is gone fails with EIO. */
export const closedTerminal = (): BadOutput => python('os.close(m)');

/** One that nothing reads, as after Ctrl-S. */
export const stoppedTerminal = (): BadOutput => python('os.set_inheritable(m, True)');
