import { relative } from 'node:path';
import { CODES } from '../../document/code-table.ts';
import { faultText } from '../../document/fault.ts';
import { annotationLine } from './github.ts';
import { type Report, urlOf } from './report.ts';

const LEVELS = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** Findings as annotations of GitHub Actions; empty without findings. */
export const checkGithub = ({ opened, findings }: Report): string =>
  findings
    .map((finding) =>
      annotationLine({
        level: LEVELS[finding.severity],
        ...(opened.path !== undefined && { file: relative('', opened.path) }),
        ...(finding.line !== undefined && opened.path !== undefined && { line: finding.line }),
        title: `${finding.code} ${CODES[finding.code].title}`,
        message: `${faultText(finding)}\n${urlOf(finding.code)}`,
      }),
    )
    .join('\n');
