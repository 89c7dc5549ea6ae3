import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { doctorJson } from '../../src/cli/doctor/json.ts';
import { doctorTable } from '../../src/cli/doctor/table.ts';
import type { CompiledRules } from '../../src/cors/compile.ts';
import { METHODS } from '../../src/cors/rule.ts';
import { caseOf } from '../../src/doctor/case.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { planOf } from '../../src/doctor/experiments.ts';
import type { Question } from '../../src/doctor/question.ts';
import type { Exchange, Received, Sent, Transcript, Trouble } from '../../src/doctor/transcript.ts';
import { verdictOf } from '../../src/doctor/verdict.ts';
import { outcomeOf } from '../../src/export/outcome.ts';
import { behaviour, compiled, rule } from '../helpers/rules.ts';
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

const engineRule = fc.record({
  allowedOrigins: fc.subarray([APP, '*', 'https://*.example.com', 'https://www.example.net', 'https://*'], {
    minLength: 1,
  }),
  allowedMethods: fc.subarray([...METHODS], { minLength: 1 }),
  allowedHeaders: fc.subarray(['*', 'content-type', 'authorization', 'x-*']),
  exposeHeaders: fc.subarray(['ETag', 'Content-Range', 'Accept-Ranges']),
  maxAgeSeconds: fc.constantFrom(0, 600),
});

const engineRules = fc
  .record({
    rules: fc.array(engineRule, { maxLength: 4 }),
    responseVary: fc.boolean(),
    dialect: fc.constantFrom('oss' as const, 's3' as const),
  })
  .map(({ rules, responseVary, dialect }) => compiled(rules, behaviour(dialect), responseVary));

/** What an edge with these rules answers to a request, before a bucket that heeds Range and If-None-Match. */
function answerOf(rules: CompiledRules, { method, url, headers }: Sent): Received {
  const value = (name: string) => headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? null;
  const facts = {
    method,
    origin: value('origin'),
    requestMethod: value('access-control-request-method'),
    requestHeaders: value('access-control-request-headers'),
  };
  const { status, headers: cors } = outcomeOf(rules, facts);
  const isMissing = url.includes('/bucket-cors-doctor-');
  const own = isMissing
    ? 404
    : url.endsWith('acl')
      ? 403
      : value('range') !== null
        ? 206
        : value('if-none-match') !== null
          ? 304
          : 200;
  const object = [
    ['ETag', '"a"'],
    ['Accept-Ranges', 'bytes'],
    ...(own === 206 ? [['Content-Range', 'bytes 0-0/9'] as const] : []),
  ] as const;
  return {
    line: `HTTP/1.1 ${status ?? own}`,
    status: status ?? own,
    headers: [...cors, ...(status === null && own < 400 ? object : [])],
    body:
      status === null ? '' : `CORSResponse: Invalid Access-Control-Request-Method: ${facts.requestMethod}`,
  };
}

/** Findings that say something of a cache, of a program in front, or of one that writes wrong headers. */
const NEVER = [
  ...['poisoned', 'cached_for_another_origin', 'old_copy', 'vary_missing', 'unsteady', 'preflight_cached'],
  ...['several_allow_origins', 'other_allow_origin', 'preflight_refused', 'preflight_no_allow_origin'],
  ...[
    'preflight_method',
    'preflight_header',
    'preflight_wildcard_header',
    'preflight_invalid_list',
    'not_on_errors',
  ],
  ...['not_on_unchanged', 'range_unreadable', 'range_ignored', 'compression_breaks_range', 'error_status'],
  ...['contradictory_credentials', 'max_age_invalid', 'wider_than_rules', 'exposes_less'],
];

test('of the answers of the engine, whatever the rules are, findings blame the rules alone', () => {
  fc.assert(
    fc.property(engineRules, question, fc.boolean(), (rules, asked, isGiven) => {
      fc.pre(!/^(?:OPTIONS|TRACE)$/.test(asked.method));
      const transcript: Exchange[] = [];
      for (const { step, sent } of planOf(asked, { first: 'a1', second: 'a2' })) {
        const request = sent(transcript);
        if (request === null) continue;
        transcript.push({
          step,
          number: transcript.length + 1,
          sent: request,
          received: answerOf(rules, request),
          trouble: null,
          milliseconds: 1,
          peer: null,
        });
      }
      const findings = diagnose(asked, transcript, isGiven ? rules : null);
      expect(findings.filter(({ code }) => NEVER.includes(code))).toEqual([]);
      const refused = findings.filter(
        ({ code }) => code === 'no_allow_origin' || code === 'preflight_refused_by_rules',
      );
      if (isGiven) expect(refused.map(({ fault }) => fault.of)).toEqual(refused.map(() => 'rules'));
    }),
    { numRuns: 1_000 },
  );
});
