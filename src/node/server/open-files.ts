/** Files that a process has open besides connections: logs, watches, the admin port. */
const OTHERS = 64;
/** Connections of clients that a process takes at most unless configured: they need memory too. */
const MOST = 10_000;
const LEAST = 16;

/** How many files this process may have open; infinite where the system sets no limit or does not say. */
export function openFilesLimit(): number {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  // The report would look up the names of all peers.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  report.excludeNetwork = excludeNetwork;
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}

/** The connections of clients that one process has files for: each may need another one to a bucket. */
export const clientsWithin = (files: number): number => Math.max(LEAST, Math.floor((files - OTHERS) / 2));

/** How many connections of clients each of so many processes may have open. */
export const clientsOf = (configured: number | 'auto', workers: number, files: number): number =>
  configured === 'auto' ? Math.min(MOST, clientsWithin(files)) : Math.ceil(configured / workers);
