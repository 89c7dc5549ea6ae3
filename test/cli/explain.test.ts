import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Arguments } from '../../src/cli/command.ts';
import { explain as command } from '../../src/cli/explain.ts';
import { faultText } from '../../src/document/fault.ts';

const APP = 'https://app.example.com';
const BUCKET = 'https://bucket.example';
const RULES = `<CORSConfiguration>
  <CORSRule><AllowedOrigin>https://admin.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
  <CORSRule>
    <AllowedOrigin>${APP}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader><AllowedHeader>x-oss-meta-*</AllowedHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><ExposeHeader>ETag</ExposeHeader></CORSRule>
</CORSConfiguration>`;

let folder = '';
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explain-'));
  await writeFile(path('cors.xml'), RULES);
});
afterAll(() => rm(folder, { recursive: true }));

type Flags = Readonly<Record<string, string | true>>;

/** Runs the command as `main` does. */
async function explain(flags: Flags, source = 'cors.xml', colours = false) {
  const given = (name: string) => flags[name];
  const value = (name: string) => {
    const text = given(name);
    return typeof text === 'string'
      ? text
      : (command.flags.find((flag) => flag.name === name)?.choices?.[0] ?? null);
  };
  const unknown = Object.keys(flags).filter((name) => !command.flags.some((flag) => flag.name === name));
  if (unknown.length > 0) throw new Error(`no flags: ${unknown}`);
  const args: Arguments = {
    words: [path(source)],
    value,
    values: () => [],
    on: (name) => given(name) === true,
  };
  let printed = '';
  const said: string[] = [];
  const ended = await command.run(args, {
    env: {},
    print: async (text) => {
      printed += text;
    },
    say: (line) => said.push(line),
    colours,
  });
  const code = typeof ended === 'number' ? ended : 2;
  return {
    code,
    printed,
    said: typeof ended === 'object' ? ended.map(faultText).join('\n') : said.join('\n'),
  };
}

const explained = async (flags: Flags, source?: string) => {
  const { printed, ...rest } = await explain({ ...flags, format: 'json' }, source);
  return { ...rest, json: JSON.parse(printed) };
};

describe('bucket-cors explain', () => {
  test('lists origins of rules without their passwords', async () => {
    const rule = { AllowedOrigins: ['https://u:p4ss@b.example'], AllowedMethods: ['GET'] };
    await writeFile(path('password.json'), JSON.stringify([rule]));
    const { printed } = await explain({ origin: APP, method: 'get' }, 'password.json');
    expect(printed).toContain('listed: https://…@b.example\n');
  });

  test('says first what happens, then why, in lines of 80 columns', async () => {
    const asked = {
      origin: APP,
      method: 'put',
      headers: 'Content-Type, x-oss-acl, accept',
      path: '/a.jpg?x=SECRET',
    };
    const { code, printed } = await explain(asked);
    expect(code).toBe(1);
    expect(printed.slice(printed.indexOf('\n') + 2)).toBe(`PUT /a.jpg
  from a page of ${APP}, with the headers content-type,
  x-oss-acl, without cookies

The page does not get its answer.
  Rule 2 allows the origin and the method, but not every requested header:
  x-oss-acl; rule 2 lists x-oss-meta-*, which does not cover x-oss-acl.
  The browser sends a preflight first, because the method is PUT and the page
  sets content-type, x-oss-acl. The browser blocks it: the answer to the
  preflight has no Access-Control-Allow-Origin. It never sends the request.

The preflight: header_not_allowed, status 403
  rule 1: origin NO
    asked:  ${APP}
    listed: https://admin.example.com
  rule 2: origin ok, method ok, header NO
    asked:  x-oss-acl
    listed: content-type, x-oss-meta-*
  rule 3: origin ok, method NO
    asked:  PUT
    listed: GET
  It gets:
    Vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method
  Why this Vary: The answer to a preflight depends on these request headers.

The request, if it were sent: matched
  Rule 2 is the first whose origin, method and requested headers all fit.
  rule 1: origin NO
    asked:  ${APP}
    listed: https://admin.example.com
  rule 2: applies
  rule 3: not compared
  It gets:
    Access-Control-Allow-Origin: ${APP}
    Access-Control-Allow-Methods: GET, PUT
    Access-Control-Max-Age: 600
    Vary: Origin
  Why this Vary: Origins are answered differently for PUT: rule 2 is the first
                 with PUT, and it does not list the origin *.`);
  });

  test('shows no preflight where a browser sends none, and what scripts can read', async () => {
    const { code, printed } = await explain({ origin: 'https://other.example' });
    expect(code).toBe(0);
    expect(printed).not.toContain('The preflight');
    expect(printed).toContain('The page gets its answer.');
    expect(printed).toContain('  The browser sends no preflight.\n');
    expect(printed).toContain('Scripts can read etag, and the headers that every script can read.');
  });

  test('says how long browsers cache the preflight', async () => {
    const { printed } = await explain({ origin: APP, method: 'PUT' });
    expect(printed.replace(/\s+/g, ' ')).toContain('Chromium 600 s, Firefox 600 s, Safari 600 s.');
  });

  test('judges a page that sends cookies', async () => {
    expect((await explain({ origin: APP })).code).toBe(0);
    const { code, json } = await explained({ origin: APP, credentials: true });
    expect(code).toBe(1);
    expect(json.browser).toMatchObject({ failure: 'no_allow_credentials', refused: 'actual' });
    expect((await explain({ origin: APP, credentials: true, store: 's3' })).code).toBe(0);
  });

  test('prints the JSON of /explain', async () => {
    const { json } = await explained({ origin: APP, method: 'PUT', headers: 'x-oss-acl' });
    expect(json).toMatchObject({
      version: null,
      request: { origin: APP, method: 'PUT', headers: 'x-oss-acl', path: '/', credentials: false },
      preflight: {
        reason: 'header_not_allowed',
        status: 403,
        hint: expect.any(String),
        rules: expect.any(Array),
      },
      actual: { reason: 'matched', rule: 2 },
      browser: { passes: false, refused: 'preflight' },
    });
  });

  test('reads the request of a copied command, and shows no value of it', async () => {
    const curl = `curl '${BUCKET}/a?Signature=SECRET' -X PUT -H 'Origin: ${APP}' -H 'Authorization: SECRET' -H 'Pragma: no-cache' -b 'sid=SECRET'`;
    const { code, printed } = await explain({ curl });
    expect(code).toBe(1);
    expect(printed).toContain(`PUT ${BUCKET}/a\n`);
    expect(printed).toContain('with the headers authorization,');
    expect(printed.replace(/\s+/g, ' ')).toContain(', with cookies');
    expect(printed).toContain("pragma: taken to be the browser's own. If the page sets it, add it with");
    expect(printed).not.toContain('SECRET');
    const { json } = await explained({
      curl,
      headers: 'pragma',
      origin: 'https://admin.example.com',
      method: 'GET',
    });
    expect(json.request).toMatchObject({
      origin: 'https://admin.example.com',
      method: 'GET',
      headers: 'authorization,pragma',
      path: '/a',
    });
    expect(JSON.stringify(json)).not.toContain('SECRET');
  });

  test('reads the requests of a recording, and compares its answers with those of the rules', async () => {
    const list = (headers: object) => Object.entries(headers).map(([name, value]) => ({ name, value }));
    const request = { method: 'GET', url: `${BUCKET}/a`, headers: list({ Origin: APP }), cookies: [] };
    const entries = [
      { request, response: { status: 200, headers: [] } },
      { request, response: { status: 200, headers: [] } },
      {
        request: { ...request, method: 'DELETE' },
        response: { status: 0, headers: [] },
      },
      { request, response: { status: 200, headers: list({ 'Access-Control-Allow-Origin': APP }) } },
    ];
    await writeFile(path('page.har'), JSON.stringify({ log: { entries } }));
    const { code, printed } = await explain({ har: path('page.har') });
    expect(code).toBe(1);
    expect(printed).toContain(`GET ${BUCKET}/a and 1 more like it\n`);
    expect(printed).toContain('The recorded answer does not pass.');
    expect(printed.replace(/\s+/g, ' ')).toContain('The rules allow it now. The recorded failure has');
    expect(printed).toContain(`\nDELETE ${BUCKET}/a\n`);
    expect(printed).toMatch(
      /\n\nThe page gets these answers:\n {2}GET https:\/\/bucket\.example\/a, by rule 2\n\nCookies are not in the recording; --credentials judges a page that sends them\.$/,
    );
    const { json } = await explained({ har: path('page.har') });
    expect(json).toMatchObject({
      left: 0,
      requests: [
        {
          url: `${BUCKET}/a`,
          times: 2,
          browser: { passes: true },
          recorded: { passes: false, failure: 'no_allow_origin' },
        },
        { times: 1, browser: { passes: false }, recorded: null },
        { times: 1, browser: { passes: true }, recorded: { passes: true } },
      ],
    });
  });

  describe('with a recording', () => {
    const pairs = (headers: object) => Object.entries(headers).map(([name, value]) => ({ name, value }));
    const recording = async (status: number, headers: object, cookies: unknown[] = []) => {
      const request = { method: 'GET', url: `${BUCKET}/a`, headers: pairs({ Origin: APP }), cookies };
      const entries = [{ request, response: { status, headers: pairs(headers) } }];
      await writeFile(path('one.har'), JSON.stringify({ log: { entries } }));
      return path('one.har');
    };
    const plain = async (flags: Flags) => {
      const { code, printed } = await explain(flags);
      return { code, printed: printed.replace(/\s+/g, ' ') };
    };

    test.each([
      ['The recorded answer does not pass.', 200, {}],
      ['The recording has no answer to the request.', 0, {}],
    ])('says of a failure that the rules allow: %s', async (title, status, headers) => {
      const { code, printed } = await plain({ har: await recording(status, headers) });
      expect(code).toBe(0);
      expect(printed).toContain(title);
      expect(printed).toContain('The rules allow it now. The recorded failure has another cause: ');
    });

    test('says of an answer that passes against the rules that it does not come from them', async () => {
      const har = await recording(200, { 'Access-Control-Allow-Origin': '*' });
      const closed = [{ AllowedOrigin: ['https://admin.example.com'], AllowedMethod: ['GET'] }];
      await writeFile(path('closed.json'), JSON.stringify({ CORSRule: closed }));
      const { code, printed } = await explain({ har }, 'closed.json');
      expect(code).toBe(1);
      expect(printed).toContain('The recorded answer passes.\n  It does not come from these rules: ');
    });

    test('does not claim that a request is without cookies', async () => {
      const har = await recording(200, { 'Access-Control-Allow-Origin': APP });
      const { printed } = await plain({ har });
      expect(printed).not.toContain('without cookies');
      expect(printed).toContain(
        'Cookies are not in the recording; --credentials judges a page that sends them.',
      );
      const sent = await plain({ har, credentials: true });
      expect(sent.printed).toContain(', with cookies');
      expect(sent.printed).not.toContain('not in the recording');
      const recorded = await plain({ har: await recording(200, {}, [{ name: 'sid', value: 'SECRET' }]) });
      expect(recorded.printed).not.toContain('not in the recording');
    });
  });

  test.each(['TRACE', 'track', 'CONNECT'])('says that a browser sends nothing for %s', async (method) => {
    const { code, printed } = await explain({ origin: APP, method, headers: 'x-a' });
    expect(code).toBe(1);
    expect(printed.replace(/\s+/g, ' ')).toContain(
      `The browser sends nothing: scripts cannot use the method ${method}, and fetch throws a TypeError.`,
    );
    expect(printed).not.toMatch(/preflight/);
    expect(printed).toContain('\nThe request, if it were sent: method_not_allowed\n');
  });

  test('shows a few of many rules and entries', async () => {
    const rules = Array.from({ length: 60 }, (_, at) => ({
      AllowedOrigin: Array.from({ length: 20 }, (__, entry) => `https://${entry}.rule${at}.example`),
      AllowedMethod: at === 40 ? ['PUT'] : ['GET'],
    }));
    rules[40]?.AllowedOrigin.push(APP);
    await writeFile(path('many.json'), JSON.stringify({ CORSRule: rules }));
    const { printed } = await explain({ origin: APP }, 'many.json');
    expect(printed).toContain('  rules 4 to 40: origin NO\n  rule 41: origin ok, method NO\n');
    expect(printed).toContain('  rules 45 to 60: origin NO\n');
    expect(printed).toContain('and 12 more');
    expect(printed.split('\n').length).toBeLessThan(60);
    expect(
      Math.max(
        ...printed
          .split('\n')
          .slice(1)
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  test('passes no control character of a request to the terminal', async () => {
    const { printed } = await explain({
      origin: 'https://b\u001b[2J.example',
      method: 'P\u0007UT',
      path: '/\u009b2J\u202e',
    });
    expect(printed).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(printed).toContain('https://b\\u001b[2J.example');
  });

  test('colours the verdicts on a terminal only', async () => {
    expect((await explain({ origin: APP }, 'cors.xml', true)).printed).toContain(
      '\u001b[31morigin NO\u001b[39m',
    );
    expect((await explain({ origin: APP })).printed).not.toContain('\u001b');
  });

  test.each<[string, Flags, RegExp]>([
    ['no origin', {}, /^--origin is missing; write --origin https:\/\/app\.example\.com/],
    [
      'a command without Origin',
      { curl: `curl ${BUCKET}/a` },
      /^--origin is missing, and the request has no Origin header; write --origin/,
    ],
    [
      'a blocked command, which has no Origin',
      { curl: `curl ${BUCKET}/a -H 'Referer: ${APP}/'` },
      /write --origin https:\/\/app\.example\.com, from its Referer$/,
    ],
    [
      'an origin with a slash',
      { origin: `${APP}/` },
      /^--origin "https:\/\/app\.example\.com\/" is no origin that browsers send; write https:\/\/app\.example\.com$/,
    ],
    [
      'an origin with a user, a password and a query',
      { origin: 'https://me:SECRET@app.example.com/?a=SECRET' },
      /^--origin "https:\/\/…@app\.example\.com\/\?…" is no origin that browsers send; write https:\/\/app\.example\.com$/,
    ],
    [
      'an origin without a scheme',
      { origin: 'app.example.com' },
      /is no origin that browsers send; write https:\/\/app/,
    ],
    [
      'a request of the same origin',
      { curl: `curl ${BUCKET}/a -H 'Origin: ${BUCKET}'` },
      /CORS applies to other origins only/,
    ],
    [
      'header values',
      { origin: APP, headers: 'authorization: SECRET' },
      /^--headers is not a list of header names; write names/,
    ],
    ['several origins', { origin: `${APP},${APP}` }, /^--origin .* is a list/],
    [
      'the method OPTIONS',
      { origin: APP, method: 'OPTIONS' },
      /^--method "OPTIONS" is the method of the preflight/,
    ],
    ['--curl and --har', { curl: 'curl a', har: 'b' }, /^--curl stands beside --har/],
    ['--url without --har', { url: 'a', origin: APP }, /^--url selects requests of --har/],
    ['a recording that is missing', { har: '/nowhere.har' }, /^--har \/nowhere\.har /],
    ['a command of another program', { curl: 'wget' }, /^--curl does not begin with curl/],
  ])('refuses %s', async (_, flags, line) => {
    const { code, said, printed } = await explain(flags);
    expect([code, printed]).toEqual([2, '']);
    expect(said).not.toContain('SECRET');
    expect(said).toMatch(line);
  });

  test.each([
    ['that is missing', 'nowhere.xml', /nowhere\.xml/],
    ['with faults', 'faulty.xml', /AllowedMethod/],
  ])('names the faults of a document %s', async (_, source, line) => {
    await writeFile(path('faulty.xml'), RULES.replace('>PUT<', '>put<'));
    const { code, said } = await explain({ origin: APP }, source);
    expect(code).toBe(2);
    expect(said).toMatch(line);
  });
});
