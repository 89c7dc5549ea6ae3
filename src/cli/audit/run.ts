import type { Fault } from '../../document/fault.ts';
import { type Audit, sortedFindings } from '../../export/audit/finding.ts';
import { auditOf } from '../../export/audit.ts';
import type { Target } from '../../export/target.ts';
import { type Arguments, EXIT, type Terminal } from '../command.ts';
import { openExported } from '../export/source.ts';
import { paintFor } from '../formats/paint.ts';
import { type Correction, correctionOf } from './correction.ts';
import { openCopy, openDeployed, type Pair, pairsOf } from './deployed.ts';
import { AUDITED_RULES, readLine } from './line.ts';
import { auditGithub, auditJson } from './machine.ts';
import { type AuditReport, exitOf } from './report.ts';
import { auditTable } from './table.ts';

/** Compares what is deployed with a bucket's rules, as a command line says. */
export async function runAudit(
  args: Arguments,
  terminal: Terminal,
  targets: readonly Target[],
): Promise<number | readonly Fault[]> {
  const line = readLine(args, targets);
  if (!line.ok) return line.faults;
  const { target, file } = line.value;
  const source = await openExported(args, terminal);
  if (!source.ok) return source.ends;
  const read =
    target === null ? await openCopy(args, file, terminal) : await openDeployed(target, file, terminal);
  if (!read.ok) return read.ends;
  const pairs = pairsOf(source.value, read.value);
  const [first] = pairs;
  if (first === undefined) return EXIT.failed;
  const audit = auditOfPairs(pairs);
  const isRight = audit.findings.length === 0 && !read.value.deployed.isEdited;
  const correction: Correction | null = isRight
    ? null
    : correctionOf(target, args, source.value, read.value, first);
  const report: AuditReport = {
    ...audit,
    target: target?.name ?? AUDITED_RULES,
    source: source.value,
    read: read.value,
    correction,
  };
  const text = FORMATS[args.value('format') ?? 'table']?.(report, terminal) ?? '';
  if (text !== '') await terminal.print(text);
  return exitOf(report);
}

const FORMATS: Readonly<Record<string, (report: AuditReport, terminal: Terminal) => string>> = {
  table: (report, { colours, width }) => auditTable(report, paintFor(colours), width),
  json: auditJson,
  github: auditGithub,
};

/** Stores differ in few answers: most differences are the same in each. */
function auditOfPairs(pairs: readonly Pair[]): Audit {
  const audits = pairs.map(({ rules, deployed }) => auditOf(rules, deployed));
  const distinct = new Map(
    audits.flatMap(({ findings }) => findings).map((finding) => [JSON.stringify(finding), finding]),
  );
  return {
    findings: sortedFindings([...distinct.values()]),
    complete: audits.every(({ complete }) => complete),
  };
}
