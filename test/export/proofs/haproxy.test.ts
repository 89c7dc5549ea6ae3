import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haproxy } from '../../../src/export/haproxy/haproxy.ts';
import { haproxyProver } from '../../../src/node/prove/haproxy.ts';
import { startProgram } from '../../../src/node/prove/program.ts';
import { presence } from '../../helpers/program.ts';
import { differencesOf, expectProved, writtenFor } from '../_proofs.ts';
import { ruleSets } from '../_rule-sets.ts';
import { NAMED, PLAIN, RULES, S3 } from './_mutant-rules.ts';
import { openRaw, type Raw } from './_raw.ts';

const HAPROXY = presence('haproxy', '-v', 'haproxy');
const title = (text: string) => `${text}${HAPROXY.why}`;

describe.skipIf(HAPROXY.skipped)(title('HAProxy with an export'), () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules ask: %s',
    async (_, { rules }) => {
      await expectProved(haproxy, haproxyProver, rules, 250);
    },
  );
});

/** What a wrong exporter would write: the first text is replaced by the second, everywhere. */
const MUTANTS: readonly (readonly [name: string, from: string | RegExp, to: string, rules?: typeof RULES])[] =
  [
    ['origins that ignore case', /(origins_1 var\S+ -m \w+)/g, '$1 -i'],
    ['a dropped length check', '^https://ab.{0,300}ba', '^https://ab(.{0,300}b)?a'],
    ['a pattern without its end', 'ba\\.example$', 'ba\\.example'],
    ['a pattern without its start', '^https://ab', 'https://ab'],
    ['a dot that matches any character', 'ba\\.example$', 'ba.example$'],
    [
      'rules in the wrong order',
      /(.*int\(1\) if) (.*\n)(.*int\(2\) if) !cors_found (.*\n)/,
      '$3 $4$1 !cors_found $2',
    ],
    ['the last rule that matches', '!cors_found ', ''],
    ['headers of answers from the bucket alone', /http-after-response/g, 'http-response'],
    ['a forgotten Vary', /.*add-header Vary Origin.*\n/, ''],
    ['a forgotten Vary of preflights', /.*set-header Vary.*METH_OPTIONS\n/, ''],
    ['Vary in place of the bucket’s', 'add-header Vary Origin', 'set-header Vary Origin'],
    ["the bucket's CORS headers left in place", /.*response del-header Access.*\n/g, ''],
    ["the bucket's Vary left as it is", /.*http-response \S+ Vary.*\n/g, '', PLAIN],
    ['names that heed case', ',lower,', ','],
    ['names that match in part', 'x-oss-[^,]*', 'x-oss-.*'],
    ['names that are not checked', /!cors_lacks_1/, ''],
    ['a list taken for one origin', '[^,[:blank:]]+', '.+'],
    ['the method that a GET requests', /(request-method\) if) METH_OPTIONS/, '$1'],
    ['GET for HEAD', '-m str GET PUT }', '-m str GET PUT HEAD }'],
    ['no headers without Origin', /.*!METH_OPTIONS !\{ var\(txn.cors_origin\).*\n/, '', PLAIN],
    ['credentials for null', / !\{ var\(txn.cors_origin\) -m str null \}/, '', S3],
    [
      'credentials for patterns',
      /(Credentials true if \{ var\(txn.cors_rule\) -m int 1 \}) cors_named_1/,
      '$1',
      NAMED,
    ],
    ['`*` in place of the origin', '%[var(txn.cors_origin)]', '*', S3],
    ['the origin in place of `*`', 'Allow-Origin * if', 'Allow-Origin %[var(txn.cors_origin)] if'],
    ['preflights that reach the bucket', /.*http-request return status 403.*\n/g, '', PLAIN],
  ];

describe.skipIf(HAPROXY.skipped)(title('A wrong HAProxy configuration is found'), () => {
  const mutants = MUTANTS.map(([name, from, to, rules = RULES]) => ({ name, from, to, rules }));
  test.each(mutants)('$name', async ({ name, from, to, rules }) => {
    const mutant = { name, rules, change: (text: string) => text.replace(from, to) };
    expect(await differencesOf(haproxy, haproxyProver, mutant, 2_500)).toBeGreaterThan(0);
  });
});

const HOST = 'Host: localhost';
const VARY = 'vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
const PASSED = [
  'access-control-allow-headers: content-type, x-oss-a',
  'access-control-allow-methods: GET, PUT',
  'access-control-allow-origin: https://app.example',
  'access-control-expose-headers: ETag',
  'access-control-max-age: 60',
  VARY,
];
const READ = [...PASSED.slice(1, -1), 'vary: Origin'];
const ANY = ['access-control-allow-methods: GET, HEAD', 'access-control-allow-origin: *'];

describe.skipIf(HAPROXY.skipped)(title('HAProxy, asked byte by byte'), () => {
  let raw: Raw;
  beforeAll(async () => {
    raw = await openRaw(haproxy, haproxyProver, RULES, { path: '/media%20files' });
  });
  afterAll(() => raw.close());
  const preflight = (...lines: string[]) =>
    raw.ask('OPTIONS /key HTTP/1.1', HOST, 'Access-Control-Request-Method: PUT', ...lines);

  test('a preflight is answered, and does not reach the bucket', async () => {
    const names = 'access-control-request-headers: ,Content-Type\t,, X-OSS-a ,';
    const answer = await preflight('origin: https://app.example', names);
    expect(answer).toEqual({ status: 200, lines: PASSED, body: '' });
    expect(raw.reached).toEqual([]);
  });

  test.each([
    ['two Origin lines', 403, ['Origin: https://app.example', 'Origin: https://app.example']],
    ['two Origin lines without a value', 403, ['Origin:', 'Origin:']],
    ['an Origin without a value', 400, ['Origin:']],
    ['no Origin', 400, []],
    ['two methods', 403, ['Origin: https://app.example', 'Access-Control-Request-Method: PUT']],
    [
      'names on two lines',
      403,
      [
        'Origin: https://app.example',
        'Access-Control-Request-Headers: x-bad',
        'Access-Control-Request-Headers: x-oss-a',
      ],
    ],
    [
      'a name with another before it',
      403,
      ['Origin: https://app.example', 'Access-Control-Request-Headers: x-bad x-oss-a'],
    ],
    [
      'a long list that ends badly',
      403,
      ['Origin: https://app.example', `Access-Control-Request-Headers: ${'x-oss-a,'.repeat(1500)}bad`],
    ],
  ])('a preflight with %s is refused', async (_, status, lines) => {
    const answer = await preflight(...lines);
    expect(answer).toMatchObject({ status, lines: [VARY] });
    expect(answer.body).toContain('<Error><Code>');
  });

  test('a preflight with more than a request may have is refused by HAProxy', async () => {
    const names = `Access-Control-Request-Headers: ${'x-oss-a,'.repeat(8_000)}bad`;
    expect((await preflight('Origin: https://app.example', names)).status).toBe(400);
  });

  test.each([
    ['GET /key HTTP/1.1', READ],
    ['GET /key HTTP/1.0', READ],
    ['PUT /key HTTP/1.1', READ],
    ['HEAD /key HTTP/1.1', ANY],
    ['GET http://localhost/key HTTP/1.1', READ],
    ['PATCH /key HTTP/1.1', []],
    ['DELETE /key HTTP/1.1', []],
  ])('%s', async (line, lines) => {
    const own = ['Access-Control-Request-Method: PATCH', 'access-control-request-headers: x-bad'];
    const answer = await raw.ask(line, HOST, 'Origin: https://app.example', ...own, 'Content-Length: 0');
    expect(answer).toMatchObject({ status: 200, lines });
    const at = raw.reached.at(-1) ?? '';
    expect(at).toMatch(/\/media%20files\/key\n/);
    expect(at).toMatch(/^host: 127\.0\.0\.1:\d+$/m);
    expect(at).not.toMatch(/^(?:origin|access-control-.*):/m);
  });

  test.each([
    ['/vary', ['vary: Accept-Encoding, X-One,X-Two', 'vary: Origin']],
    ['/lines', ['vary: Accept-Encoding', 'vary: Origin']],
    ['/repeated', ['vary: A, B', 'vary: Origin']],
    ['/origin', ['vary: Origin']],
    ['/star', ['vary: *']],
  ])('the Vary of %s', async (path, vary) => {
    const plain = await openRaw(haproxy, haproxyProver, RULES);
    try {
      const { lines } = await plain.ask(`GET ${path} HTTP/1.1`, HOST);
      expect(lines).toEqual(vary);
    } finally {
      await plain.close();
    }
  });

  test('a bucket that is down: the answer can be read by scripts', async () => {
    const down = await openRaw(haproxy, haproxyProver, RULES, { isDown: true });
    try {
      const answer = await down.ask('GET /key HTTP/1.1', HOST, 'Origin: https://app.example');
      expect(answer).toMatchObject({ status: 503, lines: READ });
    } finally {
      await down.close();
    }
  });
});

describe.skipIf(HAPROXY.skipped)(title('Two exports in one HAProxy'), () => {
  test('answer each by its own rules', async () => {
    const text = (name: string, rules: typeof RULES) =>
      writtenFor(haproxy, rules, { name, bucketUrl: 'http://127.0.0.1:9' }).files[0]?.text ?? '';
    const running = await startProgram('haproxy', async (folder, port) => {
      const files = {
        main: `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 0
frontend web
  bind 127.0.0.1:${port}
  use_backend media if { path_beg /media/ }
  default_backend files
`,
        media: text('media', RULES),
        files: text('files', PLAIN),
      };
      const paths = Object.entries(files).map(
        ([name, content]) => [join(folder, `${name}.cfg`), content] as const,
      );
      for (const [path, content] of paths) await writeFile(path, content);
      return ['-db', ...paths.flatMap(([path]) => ['-f', path])];
    });
    try {
      const headers = { Origin: 'https://app.example' };
      const media = await fetch(`${running.url}/media/a`, { headers });
      const files = await fetch(`${running.url}/a`, { headers });
      expect([media, files].map(({ status }) => status)).toEqual([503, 503]);
      expect(media.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(media.headers.get('vary')).toBe('Origin');
      expect(files.headers.get('access-control-allow-origin')).toBe('*');
      expect(files.headers.get('vary')).toBeNull();
    } finally {
      await running.close();
    }
  });
});
