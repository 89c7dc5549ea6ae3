import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { doctorJson } from '../../src/cli/doctor/json.ts';
import { doctorTable } from '../../src/cli/doctor/table.ts';
import { caseOf } from '../../src/doctor/case.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { planOf } from '../../src/doctor/experiments.ts';
import type { Question } from '../../src/doctor/question.ts';
import type { Exchange, Received, Transcript, Trouble } from '../../src/doctor/transcript.ts';
import { verdictOf } from '../../src/doctor/verdict.ts';
import { compiled, rule } from '../helpers/rules.ts';
import { APP } from './_server.ts';

const NAMES = [
  'Access-Control-Allow-Origin',
  'access-control-allow-credentials',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
  'Vary',
  'Age',
  'X-Cache',
  'CF-Cache-Status',
  'Cache-Status',
  'X-Varnish',
  'Location',
  'ETag',
  'Accept-Ranges',
  'Content-Range',
  'Content-Encoding',
  'Content-Length',
  'Cache-Control',
  'Server',
  'Via',
  'x-amz-request-id',
];
const VALUES = [
  APP,
  '*',
  'null',
  'true',
  'Origin',
  'HIT',
  'MISS',
  'GET, PUT',
  '600',
  '0',
  'bytes',
  'nginx',
  'AliyunOSS',
  'no-store',
  '',
  ',',
  '\u202e',
];

const header = fc.tuple(
  fc.oneof(fc.constantFrom(...NAMES), fc.string({ minLength: 1 })),
  fc.oneof(fc.constantFrom(...VALUES), fc.string()),
);

const received: fc.Arbitrary<Received> = fc.record({
  line: fc.string(),
  status: fc.constantFrom(0, 200, 204, 206, 301, 304, 400, 401, 403, 404, 405, 412, 500, 503),
  headers: fc.array(header, { maxLength: 12 }),
  body: fc.oneof(fc.string(), fc.constant('<Code>AccessForbidden</Code>CORSResponse: CORS is not enabled')),
});

const trouble: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constantFrom('name', 'refused', 'certificate', 'late', 'closed', 'malformed'),
  because: fc.string(),
});

const outcome = fc.oneof(
  { weight: 5, arbitrary: received.map((one) => ({ received: one, trouble: null })) },
  trouble.map((one) => ({ received: null, trouble: one })),
);

const question: fc.Arbitrary<Question> = fc.record({
  url: fc.constantFrom(
    'https://files.example.com/a/photo.jpg',
    'http://files.example.com/?x-amz-signature=1',
    'https://files.example.com/a%20b?c=d',
  ),
  origin: fc.constantFrom(APP, 'null'),
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'TRACE', 'patch'),
  headers: fc.constantFrom([], ['authorization'], ['content-type', 'x-a']),
  credentials: fc.boolean(),
});

/** A transcript of the plan, with any answers. Some steps are missing. */
const examined = fc
  .tuple(question, fc.array(fc.option(outcome), { minLength: 20, maxLength: 20 }))
  .map(([asked, outcomes]) => {
    const transcript: Exchange[] = [];
    for (const [at, { step, sent }] of planOf(asked, { first: 'a1', second: 'a2' }).entries()) {
      const [request, found] = [sent(transcript), outcomes[at]];
      if (request === null || found == null) continue;
      transcript.push({
        step,
        number: transcript.length + 1,
        sent: request,
        milliseconds: 1,
        peer: '127.0.0.1:80',
        ...found,
      });
    }
    return { asked, transcript: transcript as Transcript };
  });

const RULES = [null, compiled([]), compiled([rule({ allowedOrigins: [APP], exposeHeaders: ['ETag'] })])];

describe('whatever the answers are', () => {
  test('there is a report, of printable text, and no query of the URL in it', () => {
    fc.assert(
      fc.property(examined, fc.constantFrom(...RULES), ({ asked, transcript }, rules) => {
        const one = caseOf(asked, transcript, rules);
        const findings = diagnose(asked, transcript, rules);
        const report = {
          question: asked,
          message: null,
          rules: null,
          transcript,
          layers: one.layers,
          verdict: verdictOf(one),
          findings,
          browsers: null,
        };
        const text = doctorTable(report, false);
        expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e|undefined/u);
        expect(text + doctorJson(report)).not.toMatch(/signature=1/i);
      }),
      { numRuns: 200 },
    );
  });

  test('at most 20 requests are planned, and no one changes an object', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const plan = planOf(asked, { first: 'a1', second: 'a2' });
        expect(plan.length).toBeLessThanOrEqual(20);
        for (const { sent } of plan) expect(sent([])?.method ?? 'GET').toMatch(/^(?:GET|HEAD|OPTIONS)$/);
      }),
    );
  });
});
