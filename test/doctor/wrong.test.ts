import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import { MAX_REQUESTS } from '../../src/doctor/experiments.ts';
import { FINDING_CODES } from '../../src/doctor/kinds.ts';
import { behaviour, rule } from '../helpers/rules.ts';
import { APP, bare, changed, examineServer, examineUrl, right, whileServed } from './_server.ts';
import { cached, WRONG } from './_wrong.ts';

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

  test('a cache in front of a signed URL is found by the URL itself', async () => {
    const byPresence = cached(right, ({ target, origin, method }) =>
      method === 'GET' ? `${target} ${origin !== null}` : null,
    );
    const noCors = cached(right, ({ target, method }) =>
      method === 'GET' && /Signature/.test(target) ? target : null,
    );
    const signed = (url: string) => examineUrl(`${url}?X-Amz-Signature=0123`);
    expect((await whileServed(byPresence, signed)).codes).toContain('cached_for_another_origin');
    // The page asked first: its answer is stored for all.
    expect((await whileServed(noCors, signed)).codes).toContain('cached_for_another_origin');
  });

  test('the command has the method that the finding is about, and no headers of another', async () => {
    const question = { method: 'PUT', headers: ['content-type'] };
    const rules = compileRules(
      {
        rules: [rule({ allowedOrigins: [APP], allowedMethods: ['GET', 'PUT'], allowedHeaders: ['*'] })],
        responseVary: false,
      },
      behaviour('s3'),
    );
    const noHead = changed((reply, { method }) => (method === 'HEAD' ? bare(reply) : reply));
    const { findings } = await examineServer(noHead, { question, rules });
    expect(findings.map(({ code, command }) => [code, command])).toContainEqual([
      'head_differs',
      `bucket-cors explain SOURCE --origin ${APP} --method HEAD`,
    ]);
  });

  test('no request has more than the words of the plan, and no header of the user', async () => {
    const { transcript } = await examineServer(right, {
      question: { method: 'PUT', headers: ['authorization', 'content-type'] },
    });
    const names = new Set(transcript.flatMap(({ sent }) => sent.headers.map(([name]) => name)));
    expect([...names].sort()).toEqual([
      ...['Accept', 'Accept-Encoding', 'Access-Control-Request-Headers', 'Access-Control-Request-Method'],
      ...['If-None-Match', 'Origin', 'Range'],
    ]);
  });
});
