import type { Audit, AuditFinding, Direction } from '../../export/audit/finding.ts';
import { EXIT } from '../command.ts';
import type { ExportedRules } from '../export/exported.ts';
import { VERSION } from '../version.ts';
import type { Correction } from './correction.ts';
import type { ReadDeployed } from './deployed.ts';

/** What an audit found, before it is printed. */
export interface AuditReport extends Audit {
  /** The name of the target. */
  readonly target: string;
  readonly source: Pick<ExportedRules, 'name' | 'hasRules'>;
  readonly read: ReadDeployed;
  /** Null if there is nothing to correct. */
  readonly correction: Correction | null;
}

/** What cannot be said of too many classes or rules. */
export const INCOMPLETE =
  'The rules are too many, or have too many patterns, to compare all requests: there may be more differences.';

export const exitOf = ({ findings, read, complete }: AuditReport): number => {
  if (findings.length > 0 || read.deployed.isEdited) return EXIT.findings;
  return complete && !read.deployed.isPartial ? EXIT.nothing : EXIT.failed;
};

export const ofDirection = (findings: readonly AuditFinding[], wanted: Direction): readonly AuditFinding[] =>
  findings.filter(({ direction }) => direction === wanted);

/** Why the lines of an exported file are not those that its rules ask for; null if they are. */
export function editedText({ deployed, banner }: ReadDeployed): string | null {
  if (!deployed.isEdited) return null;
  const what =
    'Lines of the file are not those that its own rules ask for, and what they do is not compared: the differences are between the rules that it was exported from and those of the bucket.';
  return banner === null || banner.version === VERSION
    ? `${what} It was changed after the export.`
    : `${what} It was changed after the export, or bucket-cors ${banner.version} writes otherwise than ${VERSION}.`;
}
