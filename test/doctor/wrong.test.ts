import { describe, expect, test } from 'vitest';
import { MAX_REQUESTS } from '../../src/doctor/experiments.ts';
import { FINDING_CODES } from '../../src/doctor/kinds.ts';
import { examineServer } from './_server.ts';
import { WRONG } from './_wrong.ts';

describe('a server that is wrong in one way has one finding', () => {
  test.each(WRONG)('$code: $name', async ({ server, code, ...examining }) => {
    const { codes, findings, transcript } = await examineServer(server(), examining);
    expect(codes).toEqual([code]);
    expect(transcript.length).toBeLessThanOrEqual(MAX_REQUESTS);
    expect(transcript.every(({ sent }) => /^(?:GET|HEAD|OPTIONS)$/.test(sent.method))).toBe(true);
    const [finding] = findings;
    expect(finding?.evidence[0]?.lines[0]).toMatch(/^HTTP\/1\.1 \d{3}/);
    expect(finding?.fault.because).toMatch(/\S$/);
    expect(JSON.stringify(finding)).not.toContain('undefined');
  });

  test('there are enough of them, and each finding has one', () => {
    expect(WRONG.length).toBeGreaterThanOrEqual(40);
    const elsewhere = [
      'certificate_refused',
      'no_answer',
      'malformed_answer',
      'mixed_content',
      'wider_than_rules',
      'exposes_less',
    ];
    const covered = new Set<string>([...WRONG.map(({ code }) => code), ...elsewhere]);
    expect(FINDING_CODES.filter((code) => !covered.has(code))).toEqual([]);
  });
});
