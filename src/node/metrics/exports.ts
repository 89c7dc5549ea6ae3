import { metric, sample } from './prometheus.ts';

/** What a watched export has done since the start of its process. */
export interface ExportCounts {
  readonly target: string;
  readonly bucket: string;
  /** The version of the rules in the file; null while it is not known. */
  readonly version: string | null;
  /** By outcome, for each version of the rules. A refused version counts once, a failed write each time. */
  readonly exports: Readonly<Record<'written' | 'unchanged' | 'refused' | 'failed', number>>;
  readonly commands: Readonly<Record<'succeeded' | 'failed' | 'timed_out', number>>;
  /** Whether the command has yet to succeed for the file. */
  readonly isPending: boolean;
  /** Epoch milliseconds of the last time that the file and the command were right; null: never. */
  readonly succeededAt: number | null;
}

/** The counts in the Prometheus text format. */
export const exportsText = (counts: ExportCounts): string => {
  const { target, bucket, version, isPending, succeededAt } = counts;
  const name = (end: string) => `bucket_cors_export${end}`;
  const byOutcome = (end: string, outcomes: Readonly<Record<string, number>>) =>
    Object.entries(outcomes).map(([outcome, count]) => sample(name(end), { target, bucket, outcome }, count));
  const one = (end: string, value: number) => [sample(name(end), { target, bucket }, value)];
  return [
    metric(
      name('s_total'),
      'counter',
      'Exports of a version of the rules, by outcome.',
      byOutcome('s_total', counts.exports),
    ),
    metric(
      name('_commands_total'),
      'counter',
      'Runs of the command after an export, by outcome.',
      byOutcome('_commands_total', counts.commands),
    ),
    metric(
      name('_info'),
      'gauge',
      'The version of the rules in the exported file.',
      version === null ? [] : [sample(name('_info'), { target, bucket, version }, 1)],
    ),
    metric(
      name('_pending'),
      'gauge',
      'Whether the command has yet to succeed for the exported file.',
      one('_pending', isPending ? 1 : 0),
    ),
    metric(
      name('_last_success_timestamp_seconds'),
      'gauge',
      'When the exported file and the command were last right for the rules in force.',
      succeededAt === null ? [] : one('_last_success_timestamp_seconds', succeededAt / 1000),
    ),
  ].join('\n');
};
