import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileRules } from '../../../src/cors/compile.ts';
import { varnish } from '../../../src/export/varnish/varnish.ts';
import { varnishProver } from '../../../src/node/prove/varnish.ts';
import { startVarnish, VARNISH } from '../../helpers/varnish.ts';
import { differencesOf, expectProved, writtenFor } from '../_proofs.ts';
import { behaviourOf, rule, ruleSets } from '../_rule-sets.ts';
import { NAMED, PLAIN, RULES, S3 } from './_mutant-rules.ts';
import { openRaw, type Raw } from './_raw.ts';

const title = (text: string) => `${text}${VARNISH.why}`;

describe.skipIf(VARNISH.skipped)(title('Varnish with an export'), () => {
  test.each(ruleSets().map((set) => [set.name, set] as const))(
    'answers as the rules ask: %s',
    async (_, { rules }) => {
      await expectProved(varnish, varnishProver, rules, 250);
    },
  );
});

/** As `PLAIN`, but origins differ. */
const NAMES_ONE = compileRules(
  {
    rules: [rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET', 'HEAD'] })],
    responseVary: false,
  },
  behaviourOf('oss'),
);

/** What a wrong exporter would write: the first text is replaced by the second. */
const MUTANTS: readonly (readonly [name: string, from: string | RegExp, to: string, rules?: typeof RULES])[] =
  [
    [
      'origins that ignore case',
      'cors-origin == "https://app.example"',
      'cors-origin ~ "(?i)^https://app\\.example$"',
    ],
    ['a dropped length check', '^https://ab.*ba', '^https://ab(.*b)?a'],
    ['a pattern without its end', 'ba\\.example$', 'ba\\.example'],
    ['a pattern without its start', '^https://ab', 'https://ab'],
    ['a dot that matches any character', 'ba\\.example$', 'ba.example$'],
    [
      'rules in the wrong order',
      /if (\([^{]*\) \{\n\s+# Rule 1[^}]*\}[^}]*)(\} elseif )(\([^{]*\) \{\n\s+# Rule 2[^}]*\}[^}]*)\}/,
      'if $3} elseif $1}',
    ],
    ['headers of answers from the bucket alone', /(sub vcl_synth \{\n\s+)call bucket_cors_answer;/, '$1'],
    ['headers of preflights alone', /(sub vcl_deliver \{\n\s+)call bucket_cors_answer;/, '$1'],
    ['a forgotten Vary', 'set resp.http.Vary = "Origin";', ''],
    ["a forgotten Vary beside the bucket's", 'set resp.http.Vary = resp.http.Vary + ", Origin";', ''],
    [
      'a forgotten Vary of preflights',
      'set resp.http.Vary = "Origin, Access',
      'set resp.http.Forgotten = "Origin, Access',
    ],
    ["Vary in place of the bucket's", 'resp.http.Vary + ", Origin"', '"Origin"', NAMES_ONE],
    [
      "the bucket's CORS headers left in place",
      /unset (?:beresp|resp)\.http\.Access-Control-Allow-Origin;/g,
      '',
      NAMES_ONE,
    ],
    ["the bucket's Vary left as it is", 'set beresp.http.Vary = ', 'set beresp.http.Forgotten = ', PLAIN],
    ['names that heed case', /std\.tolower(\(\S+\))/, '$1'],
    ['names that match in part', 'x-oss-[^,]*', 'x-oss-.*'],
    ['names that are not checked', /&& \S+-names ~ "\^\(\(.*"/, ''],
    ['a list taken for one origin', '"^[^, \\t]+$"', '"."'],
    [
      'the method that a GET requests',
      /unset req\.http\.Access-Control-Request-Method;([\s\S]*? (\S+-method) = )req\.method;/,
      '$1req.http.Access-Control-Request-Method;\nif ($2 == "") { set $2 = req.method; }',
    ],
    ['GET for HEAD', '"^(GET|PUT)$"', '"^(GET|PUT|HEAD)$"'],
    ['no headers without Origin', /\|\| req\.method ~ "[^"]*"/, '', PLAIN],
    ['credentials for null', 'bucket-cors-origin != "null"', 'bucket-cors-origin != ""', S3],
    [
      'credentials for patterns',
      /if \(req.http.bucket-cors-origin == "https:\/\/app.example"\) \{/,
      'if (true) {',
      NAMED,
    ],
    ['`*` in place of the origin', 'Allow-Origin = req.http.bucket-cors-origin;', 'Allow-Origin = "*";', S3],
    ['the origin in place of `*`', 'Allow-Origin = "*";', 'Allow-Origin = req.http.bucket-cors-origin;'],
    ['preflights that reach the bucket', 'return (synth(200));', '', PLAIN],
    ['one status for all refusals', 'set resp.status = 400;', 'set resp.status = 403;', PLAIN],
  ];

describe.skipIf(VARNISH.skipped)(title('Wrong VCL is found'), () => {
  const mutants = MUTANTS.map(([name, from, to, rules = RULES]) => ({ name, from, to, rules }));
  test.each(mutants)('$name', async ({ name, from, to, rules }) => {
    const mutant = { name, rules, change: (text: string) => text.replace(from, to) };
    expect(await differencesOf(varnish, varnishProver, mutant, 1_200)).toBeGreaterThan(0);
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

describe.skipIf(VARNISH.skipped)(title('Varnish, asked byte by byte'), () => {
  let raw: Raw;
  beforeAll(async () => {
    raw = await openRaw(varnish, varnishProver, RULES);
  });
  afterAll(() => raw.close());
  const preflight = (...lines: string[]) =>
    raw.ask('OPTIONS /key HTTP/1.1', HOST, 'Access-Control-Request-Method: PUT', ...lines);

  test('a preflight is answered, and does not reach the bucket', async () => {
    const names = [
      'access-control-request-headers: ,Content-Type\t,, ',
      'Access-Control-Request-Headers: X-OSS-a ,',
    ];
    const answer = await preflight('origin: https://app.example', ...names);
    expect(answer).toEqual({ status: 200, lines: PASSED, body: '' });
    expect(raw.reached).toEqual([]);
  });

  test.each([
    ['two Origin lines', 403, ['Origin: https://app.example', 'Origin: https://app.example']],
    ['two Origin lines, one without a value', 403, ['Origin:', 'Origin: https://app.example']],
    ['an Origin without a value', 400, ['Origin:']],
    ['no Origin', 400, []],
    ['two methods', 403, ['Origin: https://app.example', 'Access-Control-Request-Method: PUT']],
    [
      'a bad name on another line',
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
      ['Origin: https://app.example', `Access-Control-Request-Headers: ${'x-oss-a,'.repeat(900)}bad`],
    ],
  ])('a preflight with %s is refused', async (_, status, lines) => {
    const answer = await preflight(...lines);
    expect(answer).toMatchObject({ status, lines: [VARY] });
    expect(answer.body).toContain('<Error><Code>');
  });

  test('a preflight with more than a request may have gets no answer that allows it', async () => {
    const names = `Access-Control-Request-Headers: ${'x-oss-a,'.repeat(8_000)}bad`;
    const answer = await preflight('Origin: https://app.example', names).catch(() => null);
    expect(answer?.status ?? 400).toBe(400);
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
    const length = /^P/.test(line) ? ['Content-Length: 0'] : [];
    const answer = await raw.ask(line, HOST, 'Origin: https://app.example', ...own, ...length);
    expect(answer).toMatchObject({ status: 200, lines });
  });

  test('one stored object serves every origin, HEAD and conditions', async () => {
    const before = raw.reached.length;
    const get = (line: string, ...lines: string[]) => raw.ask(`${line} /shared HTTP/1.1`, HOST, ...lines);
    expect((await get('GET', 'Origin: https://app.example')).lines).toEqual(READ);
    expect((await get('GET', 'Origin: https://other.example')).lines).toEqual([...ANY, 'vary: Origin']);
    expect((await get('GET')).lines).toEqual(['vary: Origin']);
    expect((await get('GET', 'Access-Control-Request-Method: PUT')).lines).toEqual(['vary: Origin']);
    expect((await get('HEAD', 'Origin: https://app.example')).lines).toEqual(ANY);
    const same = await get('GET', 'Origin: https://app.example', 'If-None-Match: "object"');
    expect(same).toMatchObject({ status: 304, lines: READ });
    expect(raw.reached.slice(before)).toHaveLength(1);
  });

  test('a Vary of the names of a preflight does not divide the cache', async () => {
    const before = raw.reached.length;
    for (const method of ['PUT', 'GET', 'POST'])
      await raw.ask('GET /store HTTP/1.1', HOST, `Access-Control-Request-Method: ${method}`);
    expect(raw.reached.slice(before)).toHaveLength(1);
  });

  test('the bucket gets no header of CORS', async () => {
    expect(raw.reached.length).toBeGreaterThan(4);
    expect(raw.reached.join('\n')).not.toMatch(/^(?:origin|access-control-.*|bucket-cors-.*):/m);
  });

  test.each(['PROPFIND', 'options', 'get'])(
    'nothing is piped, neither %s nor what follows on the connection',
    async (method) => {
      const before = raw.reached.length;
      const next = ['OPTIONS /next HTTP/1.1', HOST, 'Origin: https://app.example'].join('\r\n');
      const answer = await raw.ask(
        `${method} /piped HTTP/1.1`,
        HOST,
        'Origin: https://app.example',
        '',
        next,
      );
      expect(answer).toMatchObject({ status: 405, lines: [] });
      expect(raw.reached.slice(before)).toEqual([]);
    },
  );

  test.each([
    ['/vary', ['vary: Accept-Encoding, X-One,X-Two, Origin']],
    ['/lines', ['vary: Accept-Encoding, Origin']],
    ['/repeated', ['vary: A, B, Origin']],
    ['/origin', ['vary: Origin']],
    ['/star', ['vary: *']],
  ])('the Vary of %s', async (path, vary) => {
    expect((await raw.ask(`GET ${path} HTTP/1.1`, HOST)).lines).toEqual(vary);
  });

  test('a bucket that is down: the answer can be read by scripts', async () => {
    const down = await openRaw(varnish, varnishProver, RULES, { isDown: true });
    try {
      const answer = await down.ask('GET /key HTTP/1.1', HOST, 'Origin: https://app.example');
      expect(answer).toMatchObject({ status: 503, lines: READ });
    } finally {
      await down.close();
    }
  });
});

describe.skipIf(VARNISH.skipped)(title('Varnish with many rules and long lists of names'), () => {
  test('compares as many names as an export takes', async () => {
    const allowedHeaders = Array.from({ length: 1_150 }, (_, at) => `x-${at}`);
    const one = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'], allowedHeaders });
    const rules = compileRules({ rules: [one], responseVary: false }, behaviourOf('oss'));
    await expectProved(varnish, varnishProver, rules, 250);
  });

  test('a hundred rules for an origin, asked with 7,900 bytes of names', async () => {
    const one = rule({ allowedOrigins: ['https://app.example'], allowedMethods: ['GET'] });
    const rules = Array.from({ length: 100 }, (_, at) => ({
      ...one,
      allowedHeaders: [`x-${at}`, 'n*'],
      exposeHeaders: ['x'.repeat(4_000)],
    }));
    const many = compileRules({ rules, responseVary: false }, behaviourOf('oss'));
    const raw = await openRaw(varnish, varnishProver, many);
    try {
      for (const [last, status] of [
        ['x-99', 200],
        ['y', 403],
      ] as const) {
        const names = Array.from({ length: 1_300 }, (_, at) => `n${at}`);
        const answer = await raw.ask(
          'OPTIONS /key HTTP/1.1',
          HOST,
          'Origin: https://app.example',
          'Access-Control-Request-Method: GET',
          `Access-Control-Request-Headers: ${[...names, last].join(',')}`,
        );
        expect(answer.status).toBe(status);
        expect(answer.lines.at(-1)).toBe(VARY);
      }
    } finally {
      await raw.close();
    }
  });
});

describe.skipIf(VARNISH.skipped)(title("Varnish with an export in the operator's VCL"), () => {
  test('joins the subroutines of both', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bucket-cors-vcl-'));
    const file = join(folder, 'cors.vcl');
    await writeFile(file, writtenFor(varnish, RULES).files[0]?.text ?? '');
    const running = await startVarnish(
      'http://127.0.0.1:9',
      `include "${file}";
import std;
sub vcl_recv {
    if (req.url == "/denied") {
        return (synth(403, "Denied"));
    }
    set req.url = std.tolower(req.url);
}
sub vcl_synth {
    set resp.http.X-Own = "synth";
    return (deliver);
}
sub vcl_deliver {
    set resp.http.X-Own = "deliver";
}`,
    );
    try {
      const ask = async (path: string, method = 'GET') => {
        const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PUT' };
        const answer = await fetch(`${running.url}${path}`, { method, headers });
        const shown = ['access-control-allow-origin', 'x-own'].map((name) => answer.headers.get(name));
        return [answer.status, ...shown];
      };
      expect(await ask('/denied')).toEqual([403, 'https://app.example', 'synth']);
      expect(await ask('/KEY')).toEqual([503, 'https://app.example', 'deliver']);
      expect(await ask('/denied', 'OPTIONS')).toEqual([200, 'https://app.example', null]);
    } finally {
      await running.stop();
      await rm(folder, { recursive: true });
    }
  });
});
