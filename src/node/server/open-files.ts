import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';

/** Files that a process has open besides these connections: logs, watches, the admin port, rules that are loaded. */
const OTHERS = 64;
/** Most connections of clients to one process unless configured: they take memory too. */
const MOST = 10_000;
const LEAST = 16;
/** Most addresses of buckets with open connections. The pool of the least recently used address closes beyond that. */
export const MAX_ADDRESSES = 1_000;

/** How many files this process may have open; infinite if the system sets no limit or does not report it. */
export function openFilesLimit(): number {
  const soft = Number(limitOfLinux() ?? limitOfReport());
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}

/** The soft limit (proc_pid_limits(5)); null without the file. Node's report has it too, and takes 1.4 MB. */
function limitOfLinux(): string | null {
  try {
    return /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

function limitOfReport(): number | string | undefined {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  // Otherwise the report would look up the names of all peers.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  report.excludeNetwork = excludeNetwork;
  return userLimits?.open_files?.soft;
}

/** The connections of clients that a limit on open files allows: each may need another one to a bucket. */
export const clientsWithin = (files: number): number => Math.max(LEAST, Math.floor((files - OTHERS) / 2));

/** How many connections of clients each of `workers` processes may have open. */
export const clientsOf = (configured: number | 'auto', workers: number, files: number): number =>
  configured === 'auto' ? Math.min(MOST, clientsWithin(files)) : Math.ceil(configured / workers);

export interface FilesOptions {
  readonly clientConnections: number | 'auto';
  /** Most connections to one bucket; all processes together. */
  readonly connections: number;
  readonly workers: number;
  readonly buckets: number;
}

/**
 * The open files that one process needs at most. Connections to a bucket stay open for a while after their last
 * request, so that all buckets together may have more of them than clients have.
 */
export function filesNeeded(options: FilesOptions, files: number): number {
  const { clientConnections, connections, workers, buckets } = options;
  const clients = clientsOf(clientConnections, workers, files);
  const toBuckets = Math.min(buckets, MAX_ADDRESSES) * Math.max(1, Math.floor(connections / workers));
  return OTHERS + clients + Math.max(clients, toBuckets);
}

/** Warns if processes may need more open files than the system allows them. For the primary: workers have its limit. */
export function warnOfFiles(
  options: FilesOptions,
  log: Pick<Logger, 'warn'>,
  files = openFilesLimit(),
): void {
  const needed = filesNeeded(options, files);
  if (needed <= files) return;
  const { clientConnections, connections, workers, buckets } = options;
  log.warn(
    {
      clientConnections: clientsOf(clientConnections, workers, files),
      connections,
      buckets,
      openFiles: files,
      needed,
    },
    `clients and buckets may have more connections than there are open files for: raise the limit on open files to ${needed} with ulimit -n, or write a smaller --client-connections or --connections`,
  );
}
