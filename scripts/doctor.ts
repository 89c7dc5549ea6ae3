// Writes the part of docs/doctor.md that comes from the source, the table and a section for each finding:
// `node scripts/doctor.ts`. Text outside the marks stays.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Kind } from '../src/doctor/finding.ts';
import { FINDING_CODES, type FindingCode, KINDS } from '../src/doctor/kinds.ts';

const PAGE = fileURLToPath(new URL('../docs/doctor.md', import.meta.url));

const cell = (text: string): string => text.replace(/[|<*]/g, '\\$&');

/** Every finding, one row each. */
export const findingsTable = (): string =>
  [
    '<!-- findings: from the source -->',
    '',
    '| code | severity | what is the case |',
    '| --- | --- | --- |',
    ...FINDING_CODES.map(
      (code) => `| [\`${code}\`](#${code}) | ${KINDS[code].severity} | ${cell(KINDS[code].title)} |`,
    ),
    '',
    '<!-- findings: end -->',
  ].join('\n');

/** What the page says about a finding from the source, with its marks. */
export function findingSection(code: FindingCode): string {
  const { title, severity, meaning, cure }: Kind = KINDS[code];
  return [
    `<!-- ${code}: from the source -->`,
    '',
    `**${cell(title)}** (${severity}). ${cell(meaning)}`,
    '',
    `*Cure:* ${cell(cure)}`,
    '',
    `<!-- ${code}: end -->`,
  ].join('\n');
}

/** The page with the present text of every finding; a new one gets a section at the end. */
export const doctorPage = (page: string): string =>
  FINDING_CODES.reduce(
    (text, code) => {
      const marked = new RegExp(`<!-- ${code}: from the source -->.*<!-- ${code}: end -->`, 's');
      if (!marked.test(text)) return `${text.trimEnd()}\n\n### ${code}\n\n${findingSection(code)}\n`;
      return text.replace(marked, () => findingSection(code));
    },
    page.replace(/<!-- findings: from the source -->.*<!-- findings: end -->/s, () => findingsTable()),
  );

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(PAGE, doctorPage(readFileSync(PAGE, 'utf8')));
