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
import { runCommand } from './_command.ts';
import { examine } from './_doctor.ts';

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

  test('adds a rule for HEAD where HEAD is refused', async () => {
    const { stdout } = await examine(
      (asked) => (asked.method === 'HEAD' ? bare(oss(asked)) : oss(asked)),
      [],
    );
    expect(stdout).toContain('warning head_differs');
    expect(stdout.replace(/\s+/g, ' ')).toContain(`--origin ${APP} --method HEAD`);
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
