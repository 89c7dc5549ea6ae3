import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doctor } from '../../src/cli/doctor.ts';
import {
  APP,
  bare,
  changed,
  plus,
  right,
  type Server,
  whileServed,
  withHeader,
  without,
} from '../doctor/_server.ts';
import { freePort } from '../helpers/listen.ts';
import { type Ran, runCommand } from './_command.ts';

const document = (origin: string) => `<CORSConfiguration><CORSRule>
  <AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
  <AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
</CORSRule></CORSConfiguration>`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeFile(join(folder, 'allowing.xml'), document(APP));
  await writeFile(join(folder, 'open.xml'), document('*'));
  await writeFile(join(folder, 'refusing.xml'), document('https://www.example.com'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command on a server; `words` may make more of the URL. */
const examine = (server: Server, flags: readonly string[], words = (url: string) => [url]): Promise<Ran> =>
  whileServed(server, (url) => runCommand(doctor, [...words(url), '--origin', APP, ...flags]));

const oss: Server = changed((reply) => plus(reply, 'x-oss-request-id', '5F'));

describe('doctor', () => {
  test('says that not the store adds a second Access-Control-Allow-Origin', async () => {
    const { stdout } = await examine((ask) => plus(oss(ask), 'Access-Control-Allow-Origin', '*'), []);
    expect(stdout.replace(/\s+/g, ' ')).toContain('Fault: what stands in front of OSS, or the metadata');
  });

  test('says that nothing is wrong, with exit code 0', async () => {
    const { code, stdout, stderr } = await examine(right, []);
    expect(code).toBe(0);
    expect(stdout).toContain('\nThe page gets its answer.\n');
    expect(stdout).toMatch(/\nNothing found\.\n$/);
    expect(stdout).toContain('No header says which program answered.');
    expect(stderr).toBe('');
  });

  test('says what is wrong, why, whose fault it is, and what corrects it', async () => {
    const { code, stdout } = await examine((ask) => bare(oss(ask)), []);
    expect(code).toBe(1);
    expect(stdout).toContain('The page does not get its answer.');
    expect(stdout).toContain('error no_allow_origin  The answer has no Access-Control-Allow-Origin\n');
    expect(stdout).toContain(
      '    #1 GET /photo.jpg, Origin: https://app.example.com\n        HTTP/1.1 200 OK\n',
    );
    expect(stdout).toContain('        (no Access-Control-Allow-Origin)\n');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'Fault: the rules of the bucket (OSS). OSS answered (x-oss-request-id: 5F)',
    );
    expect(stdout).toMatch(/\n {4}OSS: In the console under Content Security > CORS/);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      "`bucket-cors rules add 'oss://BUCKET?region=REGION' --origin https://app.example.com --method GET`",
    );
    expect(stdout).not.toContain('S3: ');
    expect(stdout).toContain('\n  Ask:   bucket-cors explain SOURCE --origin https://app.example.com\n');
    expect(stdout).toMatch(/\n1 error, no warnings and no notes\n$/);
  });

  test('counts notes for nothing', async () => {
    const { code, stdout } = await examine(
      changed((reply) => without(reply, 'access-control-expose-headers')),
      [],
    );
    expect(code).toBe(0);
    expect(stdout).toContain('note headers_hidden');
  });

  test('sends no upload, and says so', async () => {
    const methods = new Set<string>();
    const { code, stdout } = await examine(
      (ask) => {
        methods.add(ask.method);
        return right(ask);
      },
      ['--method', 'put', '--headers', 'Content-Type'],
    );
    expect(code).toBe(0);
    expect([...methods].sort()).toEqual(['GET', 'HEAD', 'OPTIONS']);
    expect(stdout).toContain('Whether the page gets its answer is not known.');
    expect(stdout.replace(/\s+/g, ' ')).toContain('The preflight passes. doctor sends no PUT');
  });

  test.each([80, 120])('has lines of at most %d columns, but for raw ones', async (width) => {
    const { stdout } = await whileServed(oss, (url) =>
      runCommand(doctor, [url, '--origin', 'https://elsewhere.example.com'], { width }),
    );
    const prose = stdout.split('\n').filter((line) => !/^ {8}\S|^ {2}Ask: /.test(line));
    expect(Math.max(...prose.map(({ length }) => length))).toBeLessThanOrEqual(width);
  });

  test('parts the columns of the requests', async () => {
    const { stdout } = await examine(right, []);
    const rows = stdout.split('\n').filter((line) => /^ {2}#\d+ .* \d+$/.test(line));
    expect(rows).toHaveLength(17);
    for (const row of rows) expect(row).toMatch(/ [1-5]\d\d +\S/);
  });

  test('has one object with --format json', async () => {
    const { code, stdout } = await examine((ask) => bare(right(ask)), ['--format', 'json']);
    expect(code).toBe(1);
    const json = JSON.parse(stdout);
    expect(Object.keys(json)).toEqual([
      ...['request', 'message', 'rules', 'verdict', 'answeredBy', 'findings', 'requests', 'browsers'],
    ]);
    expect(json).toMatchObject({
      request: { origin: APP, method: 'GET', headers: [], credentials: false },
      verdict: { passes: false },
      findings: [{ code: 'no_allow_origin', severity: 'error', fault: { of: 'server' } }],
    });
    expect(json.requests).toHaveLength(17);
    expect(json.requests[0]).toMatchObject({
      step: 'page',
      status: 200,
      fromCache: null,
      peer: /^127\.0\.0\.1:/,
    });
  });
});

describe('with --rules', () => {
  const at = (name: string) => join(folder, name);

  test('says that the rules refuse', async () => {
    const { code, stdout } = await examine((ask) => bare(right(ask)), ['--rules', at('refusing.xml')]);
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      "Fault: the bucket's rules. No rule lists the origin https://app.example.com.",
    );
    expect(stdout).toContain(`Ask:   bucket-cors explain ${at('refusing.xml')} --origin ${APP}`);
  });

  test('says that what stands in front does not answer as they ask', async () => {
    const nginx = changed((reply) => plus(bare(reply), 'Server', 'nginx/1.26'));
    const { stdout } = await examine(nginx, ['--rules', at('allowing.xml')]);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'Fault: nginx. Rule 1 allows the request, and the answer does not (Server: nginx/1.26)',
    );
  });

  test.each([[], ['--method', 'PUT']])(
    'says of * and cookies that the rules list *: %j',
    async (...flags) => {
      const open = changed((reply) =>
        without(withHeader(reply, 'Access-Control-Allow-Origin', '*'), 'access-control-allow-credentials'),
      );
      const { stdout } = await examine(open, [...flags, '--credentials', '--rules', at('open.xml')]);
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        `Fault: the bucket's rules. Rule 1 lists *, which allows no credentials; list ${APP} in a rule before it`,
      );
    },
  );

  test('says the same of a preflight', async () => {
    const refusing: Server = (ask) => (ask.method === 'OPTIONS' ? { status: 405, headers: [] } : right(ask));
    const put = ['--method', 'PUT', '--headers', 'content-type'];
    const by = async (name: string) =>
      (await examine(refusing, [...put, '--rules', at(name)])).stdout.replace(/\s+/g, ' ');
    expect(await by('allowing.xml')).toContain(
      'Fault: what answers in front of the rules. Rule 1 allows the request',
    );
    expect(await by('refusing.xml')).toContain("Fault: the bucket's rules. No rule lists the origin");
  });

  test('finds an answer that allows what they refuse', async () => {
    const { stdout } = await examine(right, ['--rules', at('refusing.xml')]);
    expect(stdout).toContain('error wider_than_rules');
  });

  test('finds headers that they expose and the answer does not', async () => {
    const hiding = changed((reply) =>
      withHeader(reply, 'Access-Control-Expose-Headers', 'Content-Range, Accept-Ranges'),
    );
    const { stdout } = await examine(hiding, ['--rules', at('allowing.xml')]);
    expect(stdout).toContain('warning exposes_less');
    expect(stdout).toContain('The rules expose etag.');
  });

  test('finds nothing where the answers are those of the rules', async () => {
    const { code, stdout } = await examine(right, ['--rules', at('allowing.xml')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Nothing found\.\n$/);
  });

  test('ends with 2 if they cannot be read', async () => {
    const { code, stderr } = await examine(right, ['--rules', at('missing.xml')]);
    expect(code).toBe(2);
    expect(stderr).toContain('missing.xml');
  });
});

describe('with --message', () => {
  const sentence = (url: string) =>
    `Access to fetch at '${url}' from origin '${APP}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.`;

  test('reads URL and origin from the sentence, and goes on from there', async () => {
    const { code, stdout } = await whileServed(changed(bare), (url) =>
      runCommand(doctor, ['--message', sentence(url)]),
    );
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain('The sentence of Chromium means: The answer has no');
    expect(stdout).toContain('error no_allow_origin');
  });

  test('takes a preflight that names no method for that of an upload, and says so', async () => {
    const text = (url: string) =>
      `Access to fetch at '${url}' from origin '${APP}' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.`;
    const { stdout, stderr } = await whileServed(right, (url) =>
      runCommand(doctor, ['--message', text(url)]),
    );
    expect(stderr).toContain('names no method: examined as PUT');
    expect(stdout).toMatch(/^PUT http/);
    expect(stdout.replace(/\s+/g, ' ')).toContain('No answer shows it now');
  });

  test('says that it asks with GET where Firefox names no method', async () => {
    const { stderr } = await whileServed(right, (url) =>
      runCommand(doctor, [
        '--origin',
        APP,
        '--message',
        `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ${url}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 403.`,
      ]),
    );
    expect(stderr).toContain('names no method: examined as GET. For an upload write --method PUT too');
  });

  test('refuses what is no such sentence', async () => {
    const { code, stderr } = await runCommand(doctor, [
      'https://files.example.com/',
      '--origin',
      APP,
      '--message',
      'it fails',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--message is no sentence about CORS');
  });
});

describe('a command line', () => {
  test.each([
    [['--origin', APP], /^URL is missing; write the URL/],
    [
      ['files.example.com/a', '--origin', APP],
      /^URL "files\.example\.com\/a" is not the URL of an object; write it with http:\/\/ or https:\/\//,
    ],
    [
      ['https://user:secret@files.example.com/', '--origin', APP],
      /^URL "https:\/\/…@files\.example\.com\/" contains a user name/,
    ],
    [['https://files.example.com/'], /^--origin is missing; write --origin https:\/\/app\.example\.com/],
    [
      ['https://files.example.com/', '--origin', `${APP}/`],
      /^--origin "https:\/\/app\.example\.com\/" is no origin that browsers send; write https:\/\/app\.example\.com\n/,
    ],
    [['https://files.example.com/', '--origin', 'app'], /^--origin "app" is not an origin/],
    [
      ['https://files.example.com/a', '--origin', 'https://files.example.com'],
      /is the origin of the URL too/,
    ],
    [
      ['https://files.example.com/', '--origin', APP, '--headers', 'authorization: secret'],
      /^--headers is not a list of header names/,
    ],
    [['https://files.example.com/', '--origin', APP, '--method', 'P UT'], /^--method "P UT" is not a method/],
    [
      ['https://files.example.com/', '--origin', APP, '--timeout', '1h'],
      /^--timeout "1h" is not a number of seconds/,
    ],
    [
      ['https://files.example.com/', '--origin', APP, '--region', 'x'],
      /^--region has a meaning only for rules to compare with/,
    ],
  ])('%j is refused', async (line, says) => {
    const { code, stdout, stderr } = await runCommand(doctor, line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('secret');
  });

  test('with a server that gives no answer ends with 2, and a report', async () => {
    const url = `http://127.0.0.1:${await freePort()}/a`;
    const { code, stdout } = await runCommand(doctor, [url, '--origin', APP, '--timeout', '0.5']);
    expect(code).toBe(2);
    expect(stdout).toContain('error no_answer');
    expect(stdout).toContain('Whether the page gets its answer is not known.');
  });
});

test('no query of the URL, no cookie and no query of a redirect is printed', async () => {
  const leaking: Server = (ask) =>
    plus(
      plus(
        { ...right(ask), status: 302 },
        'Location',
        'https://u:pw-secret@b.example/?X-Amz-Signature=location-secret',
      ),
      'Set-Cookie',
      'session=cookie-secret',
    );
  for (const format of ['table', 'json']) {
    const { stdout, stderr } = await examine(leaking, ['--format', format], (url) => [
      `${url}?X-Amz-Credential=key-secret&X-Amz-Signature=own-secret`,
    ]);
    expect(stdout).toContain('redirected');
    expect(stdout + stderr).not.toMatch(/secret/);
  }
});
