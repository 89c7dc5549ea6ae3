import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { doctorPage, findingSection } from '../../scripts/doctor.ts';
import { FINDING_CODES } from '../../src/doctor/kinds.ts';
import { examineServer } from './_server.ts';
import { WRONG } from './_wrong.ts';

const PAGE = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');

/** The part of the page about a finding. */
const sectionOf = (code: string): string => PAGE.split(`\n### ${code}\n`)[1]?.split('\n### ')[0] ?? '';

describe('docs/doctor.md', () => {
  test('says of every finding what the source says (node scripts/doctor.ts)', () => {
    expect(doctorPage(PAGE)).toBe(PAGE);
    for (const code of FINDING_CODES) expect(sectionOf(code)).toContain(findingSection(code));
  });

  test('has a heading for every finding, in the order of a report', () => {
    expect([...PAGE.matchAll(/^### (\S+)$/gm)].map(([, code]) => code)).toEqual([...FINDING_CODES]);
  });

  const examples = FINDING_CODES.flatMap((code) => WRONG.find((row) => row.code === code) ?? []);
  test.each(examples)('has the lines of an example of $code', async ({ code, server, ...examining }) => {
    const { findings } = await examineServer(server(), examining);
    const lines = findings[0]?.evidence.flatMap(({ request, sent, lines: raw }) => [
      `#${request} ${sent}`,
      ...raw.map((line) => `  ${line}`),
    ]);
    expect(sectionOf(code)).toContain(['```', ...(lines ?? []), '```'].join('\n'));
  });
});
