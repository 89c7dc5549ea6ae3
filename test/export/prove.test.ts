import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { bannerOf, readBanner } from '../../src/export/banner.ts';
import { differenceOf, type Outcome } from '../../src/export/outcome.ts';
import { prove } from '../../src/node/prove/prove.ts';
import type { Prover } from '../../src/node/prove/prover.ts';
import { engineProver as prover, proverThatSees, bannerTarget as target } from './_engine.ts';
import { differencesOf, expectProved, exportOptions, writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

describe('a proxy that answers by the engine', () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))('is proved: %s', async (_, { rules }) => {
    await expectProved(target, prover, rules, 60);
  });

  test('with another rule is not proved', async () => {
    const [, upload] = ruleSets().filter(({ name }) => name.startsWith('direct upload'));
    if (upload === undefined) throw new Error('no such rule set');
    const change = (text: string) => text.replace('www.example.com', 'web.example.com');
    const mutant = { name: 'another origin', rules: upload.rules, change };
    expect(await differencesOf(target, prover, mutant, 60)).toBeGreaterThan(0);
  });
});

describe('a program that cannot pass an answer of the bucket', () => {
  const rules = ruleSets()[0]!.rules;
  const proved = (unfit: Prover) =>
    prove(unfit, (bucketUrl) => writtenFor(target, rules, { bucketUrl }), { count: 200 });
  const first = proverThatSees(({ vary }) => ({ vary: vary.slice(0, 1), length: 0 }));
  const last = proverThatSees(({ vary }) => ({ vary: vary.slice(-1), length: 0 }));
  const short = proverThatSees((head) => head);

  test.each([
    ['reads the first Vary line alone', first],
    ['reads the last Vary line alone', last],
    ['fails at a long body', short],
  ])('is not proved: it %s', async (_, unfit) => {
    expect((await proved(unfit)).differences).toBeGreaterThan(0);
  });

  test('is proved without such answers, if its prover names them', async () => {
    const several = { answers: 'several Vary lines', why: 'it reads the first alone' };
    const unpassable = async () => [
      { ...several, has: ({ vary }: { vary: readonly string[] }) => vary.length > 1 },
    ];
    const proof = await proved({ ...first, unpassable });
    expect(proof.shown).toEqual([]);
    expect(proof.requests).toBeGreaterThan(200);
    expect(proof.omitted).toEqual(['several Vary lines: it reads the first alone']);
  });
});

describe('a proxy that changes requests is not proved', () => {
  test.each<[string, Parameters<typeof proverThatSees>[1]]>([
    ['with another query', (sent) => ({ ...sent, target: sent.target.replace('partNumber=1', '') })],
    ['decodes the query', (sent) => ({ ...sent, target: decodeURIComponent(sent.target) })],
    ['without the key', ({ headers: { authorization: _, ...headers }, ...sent }) => ({ ...sent, headers })],
    [
      'without a header',
      ({ headers: { authorization = '' }, ...sent }) => ({ ...sent, headers: { authorization } }),
    ],
    [
      'with the Origin',
      (sent, origin) => ({ ...sent, headers: { ...sent.headers, ...(origin !== null && { origin }) } }),
    ],
    [
      'with the method that a preflight asks for',
      (sent) => ({ ...sent, headers: { ...sent.headers, 'access-control-request-method': 'DELETE' } }),
    ],
    ['with GET for HEAD', (sent) => ({ ...sent, method: sent.method === 'HEAD' ? 'GET' : sent.method })],
  ])('%s', async (_, pass) => {
    const [set] = ruleSets();
    if (set === undefined) throw new Error('no rule set');
    const changing = proverThatSees((head) => ({ ...head, length: 0 }), pass);
    const proof = await prove(changing, (bucketUrl) => writtenFor(target, set.rules, { bucketUrl }), {
      count: 200,
    });
    expect(proof.differences).toBeGreaterThan(0);
    expect(proof.shown[0]?.what).toContain('reached the bucket, not');
  });
});

const APP = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] });

describe('a banner', () => {
  test('gives the rules and options back, over several lines', () => {
    for (const { rules } of ruleSets()) {
      const options = exportOptions({
        name: 'media',
        bucketUrl: 'https://bucket.example',
        allowNarrower: true,
      });
      const text = bannerOf('nginx', rules, options, '//', 'Where it goes.');
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(140);
      const banner = readBanner(text.replaceAll('\n', '\r\n'));
      expect(banner).toMatchObject({ target: 'nginx', name: 'media', allowNarrower: true, format: 'config' });
      expect(banner?.rules.rules).toEqual(rules.rules.map(({ rule }) => rule));
      expect(banner?.behaviour).toEqual(rules.behaviour);
    }
  });

  test('that was damaged cannot be read', () => {
    const text = bannerOf('nginx', ruleSets()[0]!.rules, exportOptions(), '#', '');
    expect(readBanner('server {}')).toBeNull();
    expect(readBanner(text.replace('"rules"', '"rulez"'))).toBeNull();
    expect(readBanner(text.slice(0, -20))).toBeNull();
  });

  const RECORD = {
    target: 'nginx',
    version: '1.0.0',
    rules: { rules: [APP], responseVary: false },
    behaviour: behaviourOf('s3'),
    format: 'config',
    allowNarrower: false,
    bucketUrl: null,
    name: 'cors',
  };
  const recorded = (more: object) =>
    readBanner(`# bucket-cors-export: ${JSON.stringify({ ...RECORD, ...more })}\n`);
  const ruled = (more: object) => ({ rules: { rules: [{ ...APP, ...more }], responseVary: false } });

  test('has the rules as a document is read', () => {
    expect(recorded(ruled({ allowedHeaders: null }))).toEqual(RECORD);
  });

  test.each<[string, object]>([
    ['a text in place of a list of rules', { rules: { rules: 'all', responseVary: false } }],
    ['an object in place of a list', ruled({ allowedOrigins: { 0: 'https://a.example' } })],
    ['a number for a method', ruled({ allowedMethods: [1] })],
    ['a method that no store takes', ruled({ allowedMethods: ['PATCH'] })],
    ['a text for seconds', ruled({ maxAgeSeconds: '1; x' })],
    ['no answer about Vary', { rules: { rules: [APP] } }],
    ['another store', { behaviour: { ...behaviourOf('s3'), dialect: 'gcs' } }],
    ['another Vary', { behaviour: { ...behaviourOf('s3'), vary: 1 } }],
    ['another format', { format: 'yaml' }],
    ['a name with a newline', { name: 'a\nb' }],
    ['no version', { version: undefined }],
  ])('with %s is no record', (_, more) => {
    expect(recorded({})).toEqual(RECORD);
    expect(recorded(more)).toBeNull();
  });
});

const ASKED: Facts = {
  method: 'GET',
  origin: 'https://a.example',
  requestMethod: null,
  requestHeaders: null,
};
const PREFLIGHT: Facts = { ...ASKED, method: 'OPTIONS', requestMethod: 'PUT', requestHeaders: 'x-a,x-b' };
const allowed = (...more: [string, string][]): Outcome => ({
  status: null,
  headers: [['Access-Control-Allow-Origin', 'https://a.example'], ['Vary', 'Origin'], ...more],
});
const passed = (headers: string, status = 200, methods = 'GET, PUT', maxAge?: string): Outcome => ({
  status,
  headers: [
    ['access-control-allow-origin', 'https://a.example'],
    ['Access-Control-Allow-Methods', methods],
    ['Access-Control-Allow-Headers', headers],
    ...(maxAge === undefined ? [] : [['Access-Control-Max-Age', maxAge] as const]),
  ],
});
const PAIRED = compileRules(
  {
    rules: [
      rule({
        allowedOrigins: ['https://a.example'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['x-a', 'x-b', 'x-c'],
      }),
      rule({
        allowedOrigins: ['https://a.example'],
        allowedMethods: ['DELETE'],
        allowedHeaders: ['x-a', 'x-b'],
      }),
    ],
    responseVary: false,
  },
  behaviourOf('s3'),
);

describe('two outcomes', () => {
  test.each<[string, Facts, Outcome, Outcome, boolean, boolean]>([
    ['alike', ASKED, allowed(), allowed(), true, true],
    [
      'Vary on two lines',
      ASKED,
      allowed(['Vary', 'Accept']),
      { status: null, headers: [...allowed().headers.slice(0, 1), ['vary', 'accept, origin']] },
      true,
      true,
    ],
    ['Vary named twice', ASKED, allowed(), allowed(['Vary', 'origin']), false, true],
    [
      'Vary missing',
      ASKED,
      allowed(),
      { status: null, headers: allowed().headers.slice(0, 1) },
      false,
      false,
    ],
    [
      'two Allow-Origin',
      ASKED,
      allowed(),
      allowed(['Access-Control-Allow-Origin', 'https://a.example']),
      false,
      false,
    ],
    [
      'Allow-Methods missing in an actual answer',
      ASKED,
      allowed(['Access-Control-Allow-Methods', 'GET']),
      allowed(),
      false,
      true,
    ],
    [
      'exposed in another case',
      ASKED,
      allowed(['Access-Control-Expose-Headers', 'ETag']),
      allowed(['Access-Control-Expose-Headers', 'etag']),
      false,
      true,
    ],
    ['exposed more', ASKED, allowed(), allowed(['Access-Control-Expose-Headers', 'etag']), false, false],
    [
      'credentials more',
      ASKED,
      allowed(),
      allowed(['Access-Control-Allow-Credentials', 'true']),
      false,
      false,
    ],
    [
      'the constant answer missing without Origin',
      { ...ASKED, origin: null },
      { status: null, headers: [['Access-Control-Allow-Origin', '*']] },
      { status: null, headers: [] },
      false,
      false,
    ],
    ['another order of the allowed headers', PREFLIGHT, passed('x-a, x-b'), passed('x-b,x-a'), false, true],
    ['204', PREFLIGHT, passed('x-a, x-b'), passed('x-a, x-b', 204), false, true],
    ['403', PREFLIGHT, passed('x-a, x-b'), passed('x-a, x-b', 403), false, false],
    ['one header refused', PREFLIGHT, passed('x-a, x-b'), passed('x-a'), false, false],
    [
      'cached for a day',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b', 200, 'GET, PUT', '86400'),
      false,
      false,
    ],
    [
      'cached for the default time',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b', 200, 'GET, PUT', '5'),
      false,
      true,
    ],
    [
      'cached for the default time, by two lines',
      PREFLIGHT,
      passed('x-a, x-b', 200, 'GET, PUT', '60'),
      passed('x-a, x-b', 200, 'GET, PUT', '60, 60'),
      false,
      false,
    ],
    [
      'a header more, which the rule allows',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b, X-C'),
      false,
      true,
    ],
    [
      'a header more, which no rule allows',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b, x-d'),
      false,
      false,
    ],
    ['all headers', PREFLIGHT, passed('x-a, x-b'), passed('*, x-a, x-b'), false, false],
    ['a method less', PREFLIGHT, passed('x-a, x-b'), passed('x-a, x-b', 200, 'PUT'), false, true],
    [
      'a method more, which a rule allows with the same headers',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b', 200, 'PUT, DELETE'),
      false,
      true,
    ],
    [
      'a method more, which no rule allows with all headers',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b, x-c', 200, 'PUT, DELETE'),
      false,
      false,
    ],
    [
      'a method more, which no rule allows',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b', 200, 'PUT, PATCH'),
      false,
      false,
    ],
    ['all methods', PREFLIGHT, passed('x-a, x-b'), passed('x-a, x-b', 200, 'PUT, *'), false, false],
    [
      'HEAD more, which needs no preflight',
      PREFLIGHT,
      passed('x-a, x-b'),
      passed('x-a, x-b', 200, 'PUT, HEAD'),
      false,
      true,
    ],
    [
      'other statuses of a refusal',
      PREFLIGHT,
      { status: 403, headers: [] },
      { status: 400, headers: [] },
      false,
      true,
    ],
  ])('%s', (_, request, expected, seen, isEqual, isSame) => {
    expect(differenceOf(PAIRED, request, expected, seen, 'equal') === null).toBe(isEqual);
    expect(differenceOf(PAIRED, request, expected, seen, 'same verdict') === null).toBe(isSame);
  });
});
