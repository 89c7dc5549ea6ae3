import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';

/** Cores to run on; empty means any core. */
export type Cores = readonly number[];

/** The cores of each program. With two cores the load and the bucket share the second one. */
export interface Places {
  readonly all: Cores;
  readonly server: Cores;
  readonly pair: Cores;
  readonly load: Cores;
  readonly bucket: Cores;
  /** True if each of two workers, the load and the bucket has its own core. */
  readonly pairIsFree: boolean;
}

/** Debian installs nginx in a folder of root's PATH only. */
const SEARCHED = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** The path of a command; null if it is not installed. */
export function whereIs(command: string): string | null {
  const found = SEARCHED.map((folder) => join(folder, command)).find((path) => existsSync(path));
  return found ?? null;
}

const TASKSET = whereIs('taskset');

/** Pins a command to cores if taskset is installed. */
export const pinned = (cores: Cores, command: readonly string[]): string[] =>
  TASKSET === null || cores.length === 0 ? [...command] : [TASKSET, '-c', cores.join(','), ...command];

export function places(): Places {
  const all = allowedCores();
  const [first = 0, second = first, third = second, fourth = third] = all;
  if (TASKSET === null || all.length < 2)
    return { all, server: [], pair: [], load: [], bucket: [], pairIsFree: false };
  const pairIsFree = all.length >= 4;
  return {
    all,
    server: [first],
    pair: [first, second],
    load: [pairIsFree ? third : second],
    bucket: [pairIsFree ? fourth : third],
    pairIsFree,
  };
}

function allowedCores(): Cores {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

export function describeMachine({ all, server, load, bucket }: Places): string {
  const pins =
    server.length === 0
      ? 'nothing pinned'
      : `servers on core ${server}, wrk on ${load}, the bucket on ${bucket}`;
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model ?? 'unknown CPU'}, ${all.length} cores (${pins}), ${gigabytes} GB, Linux ${release()}`;
}

/** The version in a command's output; some print it on standard error, and wrk ends with 1. */
export function versionOf(path: string, flag: string): string {
  const said = execFileSync('sh', ['-c', '"$0" "$1" 2>&1 || true', path, flag], { encoding: 'utf8' });
  return /(\d+\.\d+[\w.]*)/.exec(said)?.[1] ?? 'unknown';
}
