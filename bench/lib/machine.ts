import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';

/** Cores to run on; empty: wherever the system likes. */
export type Cores = readonly number[];

/** Who runs where. With two cores the load and the bucket share the second one. */
export interface Places {
  readonly all: Cores;
  readonly server: Cores;
  readonly pair: Cores;
  readonly load: Cores;
  readonly bucket: Cores;
  /** Two workers, the load and the bucket have a core each. */
  readonly pairIsFree: boolean;
}

/** Nginx as a package puts it is not on everybody's path. */
const SEARCHED = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Where a command is; null where it is not installed. */
export function whereIs(command: string): string | null {
  const found = SEARCHED.map((folder) => join(folder, command)).find((path) => existsSync(path));
  return found ?? null;
}

const TASKSET = whereIs('taskset');

/** Puts a command onto cores, where that can be done. */
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

/** What a command says about its version; some say it on standard error, and wrk ends with 1. */
export function versionOf(path: string, flag: string): string {
  const said = execFileSync('sh', ['-c', '"$0" "$1" 2>&1 || true', path, flag], { encoding: 'utf8' });
  return /(\d+\.\d+[\w.]*)/.exec(said)?.[1] ?? 'unknown';
}

/** Ticks of CPU time a second, as Linux counts them for programs. */
const TICKS = 100;

/** CPU seconds that a process and its children have used, those that have ended among them. */
export const cpuSeconds = (pid: number): number =>
  family(pid).reduce((sum, one) => {
    // The second field is the command in brackets, and may hold blanks.
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + add(fields.slice(11, 15)) / TICKS;
  }, 0);

/** CPU seconds since the machine started: of all programs, and those that its host gave to other machines. */
export function machineSeconds(): { busy: number; stolen: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq, stolen] = line.split(/ +/).slice(1);
  return { busy: add([user, nice, system, irq, softirq]) / TICKS, stolen: Number(stolen) / TICKS };
}

const add = (fields: readonly (string | undefined)[]): number =>
  fields.reduce((sum, field) => sum + Number(field), 0);

/** Bytes of memory that a process and its children hold. */
export const residentBytes = (pid: number): number =>
  family(pid).reduce((sum, one) => {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes) * 1024;
  }, 0);

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => family(Number(child))))];
}
