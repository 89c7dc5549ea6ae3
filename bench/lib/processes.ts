import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc (USER_HZ). */
const TICKS = 100;

/** Starts to measure the CPU time of a process, its threads and its children; the returned function gives microseconds. */
export function watchCpu(pid: number): () => number {
  const before = nanosecondsOf(pid);
  return () => {
    let spent = 0;
    for (const [thread, total] of nanosecondsOf(pid)) spent += total - (before.get(thread) ?? 0);
    return spent / 1000;
  };
}

/**
 * Nanoseconds by thread (https://docs.kernel.org/scheduler/sched-stats.html, "/proc/<pid>/schedstat"): what process.cpuUsage
 * reports, without the rounding of /proc/PID/stat to 10 ms. The time of a thread that has ended is missing.
 */
function nanosecondsOf(pid: number): Map<string, number> {
  const threads = family(pid).flatMap((one) =>
    readdirSync(`/proc/${one}/task`).map((thread) => `/proc/${one}/task/${thread}/schedstat`),
  );
  return new Map(threads.map((file) => [file, Number(readFileSync(file, 'utf8').split(' ')[0])]));
}

/** CPU seconds of a process and its children, including children that have ended, in ticks of 10 ms. */
export const cpuSeconds = (pid: number): number =>
  family(pid).reduce((sum, one) => {
    // The second field is the command in brackets, and may contain spaces.
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + add(fields.slice(11, 15)) / TICKS;
  }, 0);

/** CPU seconds since the machine started: used by all programs, and stolen by the host for other machines. */
export function machineSeconds(): { busy: number; stolen: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq, stolen] = line.split(/ +/).slice(1);
  return { busy: add([user, nice, system, irq, softirq]) / TICKS, stolen: Number(stolen) / TICKS };
}

const add = (fields: readonly (string | undefined)[]): number =>
  fields.reduce((sum, field) => sum + Number(field), 0);

/** Bytes of resident memory of a process and its children. */
export const residentBytes = (pid: number): number =>
  family(pid).reduce((sum, one) => {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes) * 1024;
  }, 0);

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => family(Number(child))))];
}
