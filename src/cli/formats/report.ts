import { CODES } from '../../document/code-table.ts';
import type { Code, Severity } from '../../document/codes.ts';
import type { Found, Reported } from '../findings.ts';
import type { Opened } from '../sources/opened.ts';

/** What `check` found, before it is printed. */
export interface Report extends Found {
  readonly opened: Opened;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** How many findings there are of each severity. */
export const countsOf = (findings: readonly Reported[]): Readonly<Record<Severity, number>> =>
  Object.fromEntries(
    SEVERITIES.map((severity) => [severity, findings.filter((one) => one.severity === severity).length]),
  ) as Record<Severity, number>;

/** `1 error, 2 warnings and no notes`. */
export function countsText(findings: readonly Reported[]): string {
  const counted = countsOf(findings);
  const parts = SEVERITIES.map((severity) => {
    const count = counted[severity];
    return `${count === 0 ? 'no' : count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** The section of a code in docs/checks.md, by the anchor that GitHub gives its heading. */
export function sectionOf(code: Code): string {
  const heading = `${code} ${CODES[code].title}`.toLowerCase();
  return `docs/checks.md#${heading.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')}`;
}

/** The same for a reader without the package. */
export const urlOf = (code: Code): string =>
  `https://github.com/bucket-cors/bucket-cors/blob/main/${sectionOf(code)}`;
