import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import type { Facts } from '../../../src/cors/decide.ts';
import { REQUEST_HEADERS, REQUEST_METHOD } from '../../../src/cors/names.ts';
import { cloudfront } from '../../../src/export/cloudfront/cloudfront.ts';
import { differenceOf, outcomeOf, seenOutcome } from '../../../src/export/outcome.ts';
import { requestsFor } from '../../../src/export/requests.ts';
import type { Target } from '../../../src/export/target.ts';
import { cloudfrontProver } from '../../../src/node/prove/cloudfront-vm.ts';
import { isOnPath } from '../../../src/node/prove/program.ts';
import { differencesOf, expectProved, type Mutant, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';

const RULES = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://app.example', 'https://ab*ba.example', 'http://dev*', 'null'],
        allowedMethods: ['GET', 'HEAD', 'POST', 'PUT'],
        allowedHeaders: ['content-type', 'x-oss-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      }),
      rule({
        allowedOrigins: ['https://app.example'],
        allowedMethods: ['DELETE', 'GET'],
        exposeHeaders: ['ETag'],
      }),
      rule({ allowedOrigins: ['*'], allowedMethods: ['HEAD', 'DELETE'] }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replace(from, to);

const MUTANTS: readonly Omit<Mutant, 'rules'>[] = [
  {
    name: 'origins ignore case',
    change: replace('matches(one.origins, origin)', 'matches(one.origins, origin.toLowerCase())'),
  },
  { name: 'no length check', change: replace('value.length >= entry.length - 1 &&', '') },
  {
    name: 'header names in their own case',
    change: replace('requestHeaders.toLowerCase()', 'requestHeaders'),
  },
  { name: 'Vary forgotten', change: replace(/, vary: .*? : \[\],/, ', vary: [],') },
  { name: "the bucket's Vary lost", change: replace("valueOf(headers.vary) || ''", "''") },
  { name: "the bucket's CORS headers", change: replace("name.startsWith('access-control-')", 'false') },
  {
    name: 'a policy that removes nothing',
    change: replace(/"RemoveHeadersConfig": \{[\s\S]*\]\s+\}/, '"Unused": {}'),
  },
  {
    name: 'a policy for everyone',
    change: replace(/"https:\/\/app.example"(?=[\s\S]*"AccessControl)([\s\S]*)true,/, '"*"$1false,'),
  },
  { name: 'a policy that exposes more', change: replace('"ETag"\n', '"x-bucket"\n') },
  {
    name: 'preflights to the bucket',
    change: replace('return answer.status === null ? request : generated(answer)', 'return request'),
  },
  { name: 'another status', change: replace('refused(403', 'refused(400') },
  { name: 'a list of origins', change: replace('!/[, \\t]/.test(origin)', 'true') },
];

/** Preflights and answers below 400 are the edge's byte for byte; a policy's cannot be. */
const strict: Target = {
  ...cloudfront,
  compile: (rules, options) => {
    const compiled = cloudfront.compile(rules, options);
    return compiled.ok ? { ...compiled, grade: 'equal' } : compiled;
  },
};

describe('a function and a policy for CloudFront', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('are proved: %s', async (_, { rules }) => {
    await expectProved(strict, cloudfrontProver, rules, 250);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'are not proved with %s',
    async (_, mutant) => {
      expect(await differencesOf(strict, cloudfrontProver, { ...mutant, rules: RULES }, 600)).toBeGreaterThan(
        0,
      );
    },
  );
});

/** An interpreter with the features that CloudFront documents for its runtime, its own String methods included. */
const hasNjs = await isOnPath('njs');

/** The event of a request, before or after a bucket that sends CORS headers of its own. */
function eventOf({ method, origin, requestMethod, requestHeaders }: Facts) {
  const given = { origin, [REQUEST_METHOD]: requestMethod, [REQUEST_HEADERS]: requestHeaders };
  const headers = Object.entries(given).filter(([, value]) => value !== null);
  return {
    context: { eventType: method === 'OPTIONS' ? 'viewer-request' : 'viewer-response' },
    request: { method, headers: Object.fromEntries(headers.map(([name, value]) => [name, { value }])) },
    response: {
      statusCode: 200,
      headers: {
        vary: { value: 'Accept', multiValue: [{ value: 'Accept' }, { value: 'Origin' }] },
        'access-control-max-age': { value: '1' },
      },
    },
  };
}

describe.skipIf(!hasNjs)(`a function in njs${hasNjs ? '' : ' (skipped: apt-get install njs)'}`, () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('is equal: %s', async (_, { rules }) => {
    const folder = await mkdtemp(join(tmpdir(), 'bucket-cors-njs-'));
    try {
      const requests = requestsFor(rules, 150, 7);
      const events = JSON.stringify(requests.map(eventOf));
      const out = join(folder, 'out.json');
      const run = `require('fs').writeFileSync('${out}', JSON.stringify(${events}.map((one) => handler(one))));`;
      await writeFile(join(folder, 'f.js'), `${writtenFor(cloudfront, rules).files[0]?.text}\n${run}\n`);
      execFileSync('njs', [join(folder, 'f.js')]);
      const answers: { statusCode: number; headers: Record<string, { value: string }> }[] = JSON.parse(
        await readFile(out, 'utf8'),
      );
      requests.forEach((request, at) => {
        const { statusCode = 0, headers = {} } = answers[at] ?? {};
        const kind = request.method === 'OPTIONS' ? 'preflight' : 'actual';
        const flat = Object.entries(headers).flatMap(([name, { value }]) => [name, value]);
        const expected = outcomeOf(rules, request, ['Accept', 'Origin']);
        expect(
          differenceOf(rules, request, expected, seenOutcome(kind, statusCode, flat), 'equal'),
        ).toBeNull();
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
