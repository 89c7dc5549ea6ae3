import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readDeployed } from '../../src/cli/audit/file.ts';
import { runAudit } from '../../src/cli/audit/run.ts';
import { audit } from '../../src/cli/audit.ts';
import type { Command } from '../../src/cli/command.ts';
import { compileRules } from '../../src/cors/compile.ts';
import type { Rule, RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import { bannerOf } from '../../src/export/banner.ts';
import { readExported } from '../../src/export/exported.ts';
import { gatewayApi } from '../../src/export/gateway-api/gateway-api.ts';
import type { ExportOptions, Target } from '../../src/export/target.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { writtenFor } from '../export/_proofs.ts';
import { listen } from '../helpers/listen.ts';
import { behaviour, rule } from '../helpers/rules.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { runCommand } from './_command.ts';
import { NODE } from './_process.ts';

const A = 'https://a.example.com';
const page = (given: Partial<Rule> = {}): Rule =>
  rule({
    allowedOrigins: [A],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: [],
    exposeHeaders: ['ETag'],
    ...given,
  });
const set = (...rules: readonly Rule[]): RuleSet => ({ rules, responseVary: false });
const ours = set(page());
const theirs = set(page({ allowedOrigins: [A, 'https://b.example.com'], exposeHeaders: [] }));

/** A target with an exact configuration, whatever the others are. */
const exact: Target = {
  name: 'nginx',
  about: 'A test.',
  formats: ['config'],
  compile: (rules, options) => ({
    ok: true,
    files: [
      {
        name: 'cors.conf',
        use: 'A test.',
        text: `${bannerOf('nginx', rules, options, '#', 'A test.')}map {}\n`,
      },
    ],
    grade: 'equal',
    notes: [],
    enforced: rules,
    lost: [],
  }),
  read: (conf) => readExported(exact, conf),
};
const command: Command = { ...audit, run: (args, terminal) => runAudit(args, terminal, [exact, gatewayApi]) };

const exported = (target: Target, rules: RuleSet, given: Partial<ExportOptions> = {}): string =>
  writtenFor(target, compileRules(rules, behaviour('oss')), given).files[0]?.text ?? '';

let folder = '';
const servers: Server[] = [];
const upstreams: Upstream[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-audit-'));
  await writeFile(at('ours.xml'), toXml(ours));
  await writeFile(at('theirs.xml'), toXml(theirs));
  await writeFile(at('ours.conf'), exported(exact, ours));
  await writeFile(at('theirs.conf'), exported(exact, theirs));
  await writeFile(at('ours.yaml'), exported(gatewayApi, ours));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

const at = (name: string): string => join(folder, name);
async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  return `http://127.0.0.1:${await listen(server)}`;
}
const run = (...line: readonly string[]) => runCommand(command, line);
const runOurs = (target: string, name: string, ...line: readonly string[]) =>
  run(target, name, '--rules', at('ours.xml'), ...line);
const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('an audit', () => {
  test.each(['nginx', 'gateway-api', 'rules'])('of %s that says the same ends with 0', async (target) => {
    const name = { nginx: 'ours.conf', 'gateway-api': 'ours.yaml', rules: 'ours.xml' }[target] ?? '';
    expect(await runOurs(target, at(name))).toEqual({
      code: 0,
      stdout: expect.stringMatching(/ours\.\w+ and .*ours\.xml:\sno\srequest\sis\sanswered\sotherwise\.\n$/),
      stderr: '',
    });
    expect(await runOurs(target, at(name), '--format', 'github')).toMatchObject({ code: 0, stdout: '' });
  });

  test('says by origin and method what is wider, what is narrower, and what corrects it', async () => {
    const { code, stdout, stderr } = await runOurs('nginx', at('theirs.conf'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(flat(stdout)).toContain(
      'Wider than the bucket: nginx allows https://b.example.com to GET and PUT, the bucket does not Narrower than the bucket: ' +
        `scripts at ${A} cannot read ETag in answers to GET and PUT from nginx, by the bucket's rules they can`,
    );
    expect(stdout).toContain(`bucket-cors export nginx --rules ${at('ours.xml')} -o FILE\n`);
    expect(stdout).toContain('\nmap {}\n');
    expect(flat(stdout)).toMatch(/theirs\.conf and .*ours\.xml differ: 1 wider, 1 narrower $/);
  });

  test('is JSON with the whole correction', async () => {
    const { code, stdout } = await runOurs('nginx', at('theirs.conf'), '--format', 'json');
    expect(code).toBe(1);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      target: 'nginx',
      exact: true,
      edited: false,
      complete: true,
      findings: [
        {
          direction: 'wider',
          kind: 'method',
          methods: ['GET', 'PUT'],
          origins: [{ origin: 'https://b.example.com' }],
          sentence: 'nginx allows https://b.example.com to GET and PUT, the bucket does not',
        },
        { direction: 'narrower', kind: 'exposed', names: ['ETag'] },
      ],
      correction: { ok: true, grade: 'equal' },
    });
    const corrected = await file('corrected.conf', found.correction.files[0].text);
    expect((await runOurs('nginx', corrected)).code).toBe(0);
  });

  test('is annotations: what is wider is an error', async () => {
    const { stdout } = await runOurs('nginx', at('theirs.conf'), '--format', 'github');
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^::error file=.*theirs\.conf,title=Wider than the bucket::nginx allows .*%0Abucket-cors export nginx/,
    );
    expect(lines[1]).toMatch(/^::warning /);
  });

  test('names an edited file, although its own rules are those of the bucket', async () => {
    const edited = await file(
      'edited.conf',
      `${exported(exact, ours)}add_header Access-Control-Allow-Origin *;\n`,
    );
    const { code, stdout } = await runOurs('nginx', edited);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain('Lines of the file are not those that its own rules ask for');
    expect(flat(stdout)).toContain('What corrects it');
    const github = await runOurs('nginx', edited, '--format', 'github');
    expect(github.stdout).toMatch(/^::warning file=.*title=Changed after the export::/);
  });

  test('says that another version may write otherwise', async () => {
    const old = exported(exact, ours, { version: '0.0.1' }).replace('map {}', 'map { }');
    expect(flat((await runOurs('nginx', await file('old.conf', old))).stdout)).toContain(
      'or bucket-cors 0.0.1 writes otherwise than',
    );
  });

  test('corrects in the form of the file, with its name and address', async () => {
    const given = { name: 'media', bucketUrl: 'https://b.example' };
    const name = await file('named.conf', exported(exact, theirs, given));
    const { stdout } = await runOurs('nginx', name);
    expect(stdout).toContain(`--name media --bucket-url https://b.example -o FILE`);
    expect(stdout).toContain('"name":"media"');
  });

  test('shows the command alone where the correction is long', async () => {
    const many = set(
      page({ allowedOrigins: Array.from({ length: 60 }, (_, one) => `https://${one}.example.com`) }),
    );
    const { stdout } = await run(
      'gateway-api',
      at('ours.yaml'),
      '--rules',
      await file('many.xml', toXml(many)),
    );
    expect(stdout).toContain('What corrects it is written by:\n  bucket-cors export gateway-api');
    expect(stdout).not.toContain('kind: HTTPRoute');
  });

  test('says why the target cannot say the rules of the bucket', async () => {
    const none = await file('none.xml', toXml(set(page({ allowedOrigins: ['null'] }))));
    const { code, stdout } = await run('gateway-api', at('ours.yaml'), '--rules', none);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain('the gateway cannot say the rules of the bucket: rule 1 origins: null');
  });

  test('compares a bucket without rules', async () => {
    const upstream = await openUpstream('none');
    upstreams.push(upstream);
    const { code, stdout } = await run('nginx', at('ours.conf'), '--bucket', upstream.url);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain('(no rules) differ: 1 wider');
  });

  test("reads another bucket's rules from the bucket itself", async () => {
    const upstream = await openUpstream(theirs);
    upstreams.push(upstream);
    const { code, stdout } = await runOurs('rules', `bucket:${upstream.url}`);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain(
      'the copy allows https://b.example.com to GET and PUT, the bucket does not',
    );
    expect(stdout).toContain('--- cors.xml\n<?xml');
  });

  test('takes the store that the export names, where the rules name none', async () => {
    const conf = writtenFor(exact, compileRules(ours, behaviour('s3'))).files[0]?.text ?? '';
    expect((await runOurs('nginx', await file('s3.conf', conf))).code).toBe(0);
    const { code, stdout } = await runOurs('nginx', at('s3.conf'), '--store', 'oss');
    expect(code).toBe(1);
    expect(flat(stdout)).toContain(`nginx allows ${A} to send cookies with GET and PUT, the bucket does not`);
  });

  test('shows the notes of what was read', async () => {
    const route = JSON.stringify({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      spec: { rules: [{ filters: [{ type: 'CORS', cors: { allowOrigins: ['https://app.*'] } }] }] },
    });
    const { stdout } = await runOurs('gateway-api', await file('route.json', route));
    expect(flat(stdout)).toContain(
      'Note: The API does not say what these entries of allowOrigins match: https://app.*',
    );
  });

  test('writes control characters out', async () => {
    const route = JSON.stringify({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      spec: {
        rules: [
          {
            filters: [
              {
                type: 'CORS',
                cors: { allowOrigins: ['https://a\u001b[31m.example'], exposeHeaders: ['x\u0007'] },
              },
            ],
          },
        ],
      },
    });
    const name = await file('control.json', route);
    const controlsOf = async (format: string) => {
      const { stdout } = await runOurs('gateway-api', name, '--format', format);
      return ['\u0007', '\u001b'].filter((control) => stdout.includes(control));
    };
    for (const format of ['table', 'json', 'github']) expect(await controlsOf(format)).toEqual([]);
  });
});

describe('a command line', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['without words', [], /TARGET FILE is missing/],
    ['without a file', ['nginx'], /TARGET FILE is missing/],
    ['with the words exchanged', ['ours.conf', 'nginx'], /is not a target; write audit nginx ours\.conf/],
    ['with a misspelt target', ['ngnix', 'ours.conf'], /TARGET "ngnix" is not a target; write nginx/],
    [
      'with another word',
      ['traefik', 'ours.conf'],
      /TARGET "traefik" is not a target; write nginx, gateway-api, rules/,
    ],
    ['with an empty file', ['nginx', ''], /FILE is empty/],
    [
      'with standard input twice',
      ['nginx', '-', '--rules', '-'],
      /--rules "-" is standard input a second time/,
    ],
  ])('%s is refused', async (_, line, message) => {
    const { code, stdout, stderr } = await run(...line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('without rules is refused', async () => {
    expect(await run('nginx', at('ours.conf'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--rules is missing'),
    });
  });
});

describe('a file', () => {
  test.each<[string, string, () => Promise<string | Uint8Array>, RegExp]>([
    ['that is empty', 'nginx', async () => ' \n', /is empty\. Name a file/],
    ['that is binary', 'nginx', async () => Uint8Array.from([0x1f, 0x8b, 0, 0xff, 0xfe]), /is not text/],
    [
      'of another program',
      'nginx',
      async () => 'server { listen 80; }\n',
      /has no record of an export; write a file that `bucket-cors export nginx` wrote/,
    ],
    [
      'of another target',
      'nginx',
      async () => exported(gatewayApi, ours),
      /was exported for gateway-api; write `bucket-cors audit gateway-api`/,
    ],
    [
      'whose record is cut',
      'nginx',
      async () =>
        exported(exact, ours)
          .split('\n')
          .filter((line) => !line.includes('bucket-cors-export: {'))
          .join('\n'),
      /has no record/,
    ],
    ['that is half of a JSON', 'gateway-api', async () => '{"kind": "HTTPRoute",', /is not whole JSON/],
    ['of 5 MiB', 'nginx', async () => '#'.repeat(5 * 1_048_576), /has more than the 4194304 bytes|4194304/],
    ['with rules in place of a configuration', 'nginx', async () => toXml(ours), /has no record/],
    ['with a configuration in place of rules', 'rules', async () => 'server {}', /CORSConfiguration|not/],
  ])('%s ends with 2', async (_, target, content, message) => {
    const name = await file('any', await content());
    const { code, stdout, stderr } = await runOurs(target, name);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain(name);
  });

  test.each([
    ['that is missing', 'missing.conf', /missing\.conf .*Name a file/],
    ['that is a folder', '.', /Name a file/],
  ])('%s ends with 2', async (_, name, message) => {
    const { code, stderr } = await runOurs('nginx', at(name));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('with no readable rules beside it ends with 2', async () => {
    const { code, stderr } = await run('nginx', at('ours.conf'), '--rules', at('missing.xml'));
    expect(code).toBe(2);
    expect(stderr).toContain('missing.xml');
  });
});

describe('a URL', () => {
  test('is read', async () => {
    const url = await serve((_, answer) => answer.end(exported(exact, theirs)));
    expect((await runOurs('nginx', `${url}/cors.conf?token=secret`)).stdout).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/cors\.conf and .* differ/m,
    );
  });

  test.each<[string, RequestListener, RegExp]>([
    [
      'that answers 500',
      (_, answer) => answer.writeHead(500).end(),
      /answered 500\. Write the URL of the file itself/,
    ],
    [
      'that redirects',
      (_, answer) => answer.writeHead(302, { Location: 'https://elsewhere.example/x' }).end(),
      /answered 302 with a redirect to https:\/\/elsewhere\.example\/x/,
    ],
    ['that closes the connection', (incoming) => incoming.socket.destroy(), /could not be read/],
    [
      'that answers without an end',
      (_, answer) => {
        const pour = () => {
          while (answer.write('#'.repeat(65_536)) && !answer.destroyed);
          answer.once('drain', pour);
        };
        pour();
      },
      /could not be read: .*4194304/,
    ],
    ['that answers nothing', (_, answer) => answer.end(), /is empty/],
  ])('%s ends with 2', async (_, listener, message) => {
    const url = await serve(listener);
    const { code, stdout, stderr } = await runOurs('nginx', `${url}/cors.conf?token=secret`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
  });

  test('that does not answer within the limit ends the wait', async () => {
    const url = await serve(() => {});
    const read = await readDeployed(
      `${url}/cors.conf`,
      { env: {}, print: async () => {}, say: () => {}, colours: false },
      200,
    );
    expect(read).toMatchObject({
      ok: false,
      faults: [expect.stringMatching(/could not be read: .*timeout/)],
    });
  });

  test('with a password is refused, and not shown', async () => {
    const { code, stderr } = await runOurs('nginx', 'https://user:secret@files.example/cors.conf');
    expect(code).toBe(2);
    expect(stderr).toContain('has a user name or password');
    expect(stderr).not.toContain('secret');
  });

  test('that no port answers ends with 2', async () => {
    const { code, stderr } = await runOurs('nginx', 'http://127.0.0.1:1/cors.conf');
    expect(code).toBe(2);
    expect(stderr).toContain('could not be read');
  });
});

describe('the program', () => {
  test('reads a configuration from standard input', async () => {
    const bin = fileURLToPath(new URL('../../bin/bucket-cors.js', import.meta.url));
    const child = spawn(NODE, [bin, 'audit', 'gateway-api', '-', '--rules', at('theirs.xml')]);
    child.stdin.end(exported(gatewayApi, ours));
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(flat(out)).toContain(
      'the bucket allows https://b.example.com to GET and PUT, the gateway does not',
    );
  });

  test('audits every target that exports', () => {
    expect(audit.offers?.()).toEqual([...TARGETS.map(({ name }) => name), 'rules']);
  });
});
