import { relative } from 'node:path';
import type { Direction } from '../../export/audit/finding.ts';
import { type Annotation, annotationLine } from '../formats/github.ts';
import { jsonText } from '../formats/json.ts';
import { type AuditReport, editedText, INCOMPLETE } from './report.ts';
import { findingSentence, subjectOf } from './sentence.ts';

/** The whole audit, with the files that correct it. */
export function auditJson({ target, source, read, findings, complete, correction }: AuditReport): string {
  const { deployed, banner } = read;
  return jsonText({
    target,
    file: read.name,
    deployed: deployed.name,
    rules: source.name,
    complete,
    exact: deployed.isExact,
    edited: deployed.isEdited,
    ...(banner !== null && { exportedBy: banner.version }),
    findings: findings.map(({ direction, audited, origins, methods }) => ({
      sentence: findingSentence({ direction, audited, origins, methods }, subjectOf(target)),
      direction,
      ...audited,
      methods,
      origins,
    })),
    notes: deployed.notes,
    correction,
  });
}

const LEVELS: Readonly<Record<Direction, Annotation['level']>> = {
  wider: 'error',
  narrower: 'warning',
  other: 'notice',
};
const TITLES: Readonly<Record<Direction, string>> = {
  wider: 'Wider than the bucket',
  narrower: 'Narrower than the bucket',
  other: 'Answered otherwise',
};

/** Annotations of the file, if it is one; empty without differences. */
export function auditGithub({ target, read, findings, complete, correction }: AuditReport): string {
  const place = read.path === undefined ? {} : { file: relative('', read.path) };
  const command = correction?.ok === true ? correction.command : null;
  const cure = command === null ? '' : `\n${command}`;
  const edited = editedText(read);
  const lines: readonly Omit<Annotation, 'file'>[] = [
    ...findings.map(({ direction, ...finding }) => ({
      level: LEVELS[direction],
      title: TITLES[direction],
      message: `${findingSentence({ direction, ...finding }, subjectOf(target))}${cure}`,
    })),
    ...(edited === null
      ? []
      : [{ level: 'warning' as const, title: 'Changed after the export', message: edited }]),
    ...read.deployed.notes.map((message) => ({ level: 'notice' as const, title: 'Not compared', message })),
    ...(complete
      ? []
      : [{ level: 'warning' as const, title: 'Not all requests were compared', message: INCOMPLETE }]),
  ];
  return lines.map((line) => annotationLine({ ...line, ...place })).join('\n');
}
