import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pathsFor } from '../../src/cli/export/files.ts';
import { parseBucketUrl, parseExportName } from '../../src/cli/export/line.ts';
import { proofLines, proveExport } from '../../src/cli/export/proof.ts';
import { exportRules } from '../../src/cli/export.ts';
import { toXml } from '../../src/document/xml.ts';
import { readBanner } from '../../src/export/banner.ts';
import { TARGETS as ALL } from '../../src/export/targets.ts';
import { bannerTarget, engineProver } from '../export/_engine.ts';
import { writtenFor } from '../export/_proofs.ts';
import { compiled, rule } from '../helpers/rules.ts';
import { runCommand } from './_command.ts';
import { exportTests } from './_export.ts';

const APP = rule({ allowedOrigins: ['https://app.example.com'], allowedMethods: ['GET', 'PUT'] });
const PATTERN = rule({ allowedOrigins: ['https://www.example.com', 'https://*.example.com'] });

let root = '';
let folder = '';
const at = (...names: string[]) => join(root, ...names);
const run = (...line: string[]) => runCommand(exportTests, line);
const put = (...names: string[]) => join(folder, ...names);
const text = (path: string) => readFile(path, 'utf8');
/** The texts of all files. */
const contents = async () => {
  const found = await readdir(folder, { withFileTypes: true });
  const files = found.filter((one) => !one.isDirectory()).map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await text(put(name))] as const)),
  );
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cli-export-'));
  await writeFile(at('cors.xml'), toXml({ rules: [APP], responseVary: false }));
  await writeFile(at('patterns.xml'), toXml({ rules: [APP, PATTERN], responseVary: false }));
  await writeFile(at('faulty.xml'), '<CORSConfiguration><CORSRule/></CORSConfiguration>');
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'out-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('export to standard output', () => {
  test('writes one file as it is, and the rest to standard error', async () => {
    const { code, stdout, stderr } = await run('alone', '--rules', at('cors.xml'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'cors fetches a placeholder\n' });
    expect(stderr).toMatch(/^bucket-cors: alone by \S+cors\.xml:\s+1 rule, answered as/);
    expect(stderr.replace(/\s+/g, ' ')).toContain('grade: equal; every CORS header is byte for byte');
    expect(stderr).toContain('cors.conf: Include cors.conf.');
  });

  test('writes several files with headings, and notes with their commands', async () => {
    const { code, stdout, stderr } = await run('several', '--rules', at('cors.xml'));
    expect(code).toBe(0);
    expect(stdout).toBe(
      '==> cors.conf <==\none\n\n==> cors.location.inc <==\ntwo\n\n==> policy.json <==\n{}\n',
    );
    expect(stderr).toContain('grade: same verdict');
    expect(stderr).toContain('\n    bucket-cors doctor https://DOMAIN/ --origin http://a.b\n');
  });

  test('has lines of at most the width', async () => {
    const { stderr } = await runCommand(exportTests, ['several', '--rules', at('cors.xml')], { width: 60 });
    const prose = stderr.split('\n').filter((line) => !line.includes(root));
    expect(Math.max(...prose.map(({ length }) => length))).toBeLessThanOrEqual(60);
  });

  test('writes the form of --format terraform, with name and address', async () => {
    const { stdout } = await run(
      ...['alone', '--rules', at('cors.xml'), '--format', 'terraform'],
      ...['--name', 'media', '--bucket-url', 'http://127.0.0.1:9000/media/'],
    );
    expect(stdout).toBe('media fetches http://127.0.0.1:9000/media\n');
  });

  test('writes an object with --format json', async () => {
    const { code, stdout, stderr } = await run('several', '--rules', at('cors.xml'), '--format', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const json = JSON.parse(stdout);
    expect(Object.keys(json)).toEqual(['target', 'grade', 'notes', 'lost', 'files']);
    expect(json).toMatchObject({
      target: 'several',
      grade: 'same verdict',
      notes: [{}, { command: /doctor/ }],
    });
    expect(json.files[1]).toEqual({ name: 'cors.location.inc', use: expect.any(String), text: 'two\n' });
  });
});

describe('rules that a target cannot say', () => {
  test('are refused with each reason, and nothing is written', async () => {
    const output = put('cors.conf');
    const { code, stdout, stderr } = await run('plain', '--rules', at('patterns.xml'), '-o', output);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    for (const part of [
      'bucket-cors: plain cannot say the rules of ',
      '  rule 2\n    origins: https://*.example.com\n    methods: GET\n    The program has no patterns.\n',
      '    nearest: The other origins of the rule.\n',
      'bucket-cors: --allow-narrower writes a configuration that',
    ])
      expect(stderr).toContain(part);
    expect(await readdir(folder)).toEqual([]);
  });

  test('are refused as JSON', async () => {
    const { code, stdout } = await run('plain', '--rules', at('patterns.xml'), '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      target: 'plain',
      refused: [
        {
          rules: [2],
          origins: ['https://*.example.com'],
          methods: ['GET'],
          what: 'The program has no patterns.',
          nearest: 'The other origins of the rule.',
        },
      ],
      narrower: true,
    });
  });

  test('are written narrower with --allow-narrower, which says what is lost', async () => {
    const { code, stdout, stderr } = await run('plain', '--rules', at('patterns.xml'), '--allow-narrower');
    expect(code).toBe(0);
    expect(readBanner(stdout)?.rules.rules[1]?.allowedOrigins).toEqual(['https://www.example.com']);
    expect(stderr).toContain('bucket-cors: lost, because --allow-narrower is given:\n  rule 2\n');
    expect(stderr).toContain('grade: equal for the rules that are left; ');
  });

  test('are those whose Vary is the store’s own', async () => {
    const { code, stderr } = await run('alone', '--rules', at('cors.xml'), '--vary', 'store');
    expect(code).toBe(1);
    expect(stderr).toContain('  all rules\n');
    expect(stderr).not.toContain('--allow-narrower');
  });
});

describe('a faulty command line', () => {
  const xml = ['--rules', 'cors.xml'];
  test.each<[string, readonly string[], RegExp]>([
    ['an unknown target', ['sevral', ...xml], /^TARGET "sevral" is not a target; write several\n$/],
    ['a target that nothing resembles', ['qqqq', ...xml], /write alone, several, plain, banner/],
    ['a target with a password', ['https://u:secret@x', ...xml], /^TARGET is not a target/],
    [
      'a format that the target lacks',
      ['several', ...xml, '--format', 'terraform'],
      /^--format "terraform" is not a format of several; write config or json\n$/,
    ],
    ['an unknown format', ['several', ...xml, '--format', 'yaml'], /^--format "yaml" is not one of/],
    [
      'no rules',
      ['several'],
      /^--rules is missing: there are no rules to read; write --rules SOURCE, --bucket/,
    ],
    [
      'two sources',
      ['several', ...xml, '--bucket', 'oss://b?region=cn-hangzhou'],
      /^--bucket stands beside --rules/,
    ],
    [
      'an edge beside rules',
      ['several', ...xml, '--admin', 'http://127.0.0.1:1'],
      /^--admin stands beside --rules/,
    ],
    ['a source of Workers', ['several', '--rules', 'kv:x'], /^--rules "kv:x" is in KV/],
    [
      'keys that no source needs',
      ['several', ...xml, '--credentials', 'env'],
      /^--credentials has a meaning only for a bucket/,
    ],
    [
      'a name with a line break',
      ['several', ...xml, '--name', 'a\nb'],
      /^--name "a\\u000ab" is not a name for configurations/,
    ],
    ['a name with a semicolon', ['several', ...xml, '--name', 'a;b'], /^--name "a;b" is not a name/],
    [
      'an address with a password',
      ['several', ...xml, '--bucket-url', 'https://u:secret@x'],
      /^--bucket-url contains a user name or password/,
    ],
    [
      'an address with a query',
      ['several', ...xml, '--bucket-url', 'https://x/?Signature=secret'],
      /^--bucket-url "https:\/\/x\/\?…" contains a query/,
    ],
    [
      'an address that could end a line',
      ['several', ...xml, '--bucket-url', "https://x/a;b'c"],
      /^--bucket-url "https:\/\/x\/a;b'c" has characters/,
    ],
    [
      'an output that is a URL',
      ['alone', ...xml, '-o', 'https://u:secret@x/cors.conf'],
      /^--output is a URL; write the path/,
    ],
    ['a wrong vary', ['several', ...xml, '--vary', 'all'], /^--vary "all" is not one of the allowed values/],
    [
      'credentials of a store that has them',
      ['several', ...xml, '--store', 's3', '--dangerously-allow-credentials'],
      /^--dangerously-allow-credentials has no meaning with store s3/,
    ],
    [
      'a proof without a program',
      ['alone', ...xml, '--prove'],
      /^--prove is impossible for alone: no program on this machine runs its configurations; write the command without it; banner/,
    ],
    // ESA's rules were given to workerd as a program, and a right export was called wrong.
    [
      'a proof of settings that the program does not run',
      ['settings', ...xml, '--prove'],
      /^--prove is impossible for these rules with settings: .*; write the command without it$/m,
    ],
    [
      'a proof of Terraform',
      ['alone', ...xml, '--format', 'terraform', '--prove'],
      /^--prove runs the configuration in its own form/,
    ],
    [
      'a file beside a configuration',
      ['alone', ...xml, '--config', 'x.json'],
      /--rules stands beside a configuration file/,
    ],
    ['two faults', ['alone', ...xml, '--name', '', '--bucket-url', 'x'], /--name has no value.*/],
  ])('with %s', async (_, line, expected) => {
    const words = line.map((word) => (word === 'cors.xml' ? at('cors.xml') : word));
    const { code, stdout, stderr } = await run(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain('secret');
  });

  test('reports all faults at once', async () => {
    const { stderr } = await run(
      'sevral',
      '--rules',
      at('cors.xml'),
      '--name',
      'a b',
      '--bucket-url',
      'ftp://x',
    );
    expect(stderr.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'TARGET',
      '--bucket-url',
      '--name',
      '',
    ]);
  });
});

describe('rules that cannot be read', () => {
  test.each([
    ['a file that is missing', 'no.xml', /no\.xml can't be read: ENOENT/],
    ['a folder', '.', /is not a file/],
    ['a document with faults', 'faulty.xml', /faulty\.xml: CORSRule\[1\]/],
    [
      'a bucket that does not answer',
      'bucket:http://127.0.0.1:9/b',
      /could not be read: connect ECONNREFUSED/,
    ],
  ])('fail: %s', async (_, source, expected) => {
    const word = source.includes(':') ? source : at(source);
    const { code, stdout, stderr } = await run('alone', '--rules', word, '-o', put('x'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('export to files', () => {
  const several = (output: string) => run('several', '--rules', at('cors.xml'), '--output', output);

  test('writes the first to the path, and the others beside it', async () => {
    const { code, stdout, stderr } = await several(put('media.conf'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect((await readdir(folder)).sort()).toEqual(['media.conf', 'media.location.inc', 'media.policy.json']);
    expect(await text(put('media.location.inc'))).toBe('two\n');
    expect(stderr).toContain(`bucket-cors: ${put('media.policy.json')}: `);
  });

  test('-o - is standard output', async () => {
    const { stdout } = await run('alone', '--rules', at('cors.xml'), '-o', '-');
    expect(stdout).toBe('cors fetches a placeholder\n');
  });

  test.each(['-o', '-o=', '--output='])('takes the value in the same word, after %s', async (flag) => {
    const { code } = await run('alone', '--rules', at('cors.xml'), flag + put('x.conf'));
    expect(code).toBe(0);
    expect(await text(put('x.conf'))).toContain('fetches');
  });

  test('writes both files and JSON', async () => {
    const { stdout } = await run('alone', '--rules', at('cors.xml'), '--format', 'json', '-o', put('x.conf'));
    expect(JSON.parse(stdout).files[0].text).toBe(await text(put('x.conf')));
  });

  test('leaves the permissions of a file', async () => {
    await writeFile(put('x.conf'), 'old');
    await chmod(put('x.conf'), 0o640);
    await several(put('x.conf'));
    expect((await stat(put('x.conf'))).mode & 0o777).toBe(0o640);
  });

  test('replaces the file behind a link that is named, and says where', async () => {
    await writeFile(put('real.conf'), 'old');
    await symlink('real.conf', put('link.conf'));
    const { stderr } = await run('alone', '--rules', at('cors.xml'), '-o', put('link.conf'));
    expect(await text(put('real.conf'))).toContain('fetches');
    expect(stderr).toContain(`bucket-cors: ${put('real.conf')}: `);
  });

  test('follows no link that is not named, and writes nothing then', async () => {
    await writeFile(put('victim'), 'old');
    await symlink('victim', put('x.location.inc'));
    const { code, stderr } = await several(put('x.conf'));
    expect(code).toBe(2);
    expect(stderr).toContain('x.location.inc is a symbolic link, which leads elsewhere. Remove it');
    expect(await text(put('victim'))).toBe('old');
    expect((await readdir(folder)).sort()).toEqual(['victim', 'x.location.inc']);
  });

  test('replaces no file that is not named and that no export wrote', async () => {
    await writeFile(put('x.location.inc'), 'mine');
    const { code, stderr } = await several(put('x.conf'));
    expect(code).toBe(2);
    expect(stderr).toContain('x.location.inc is a file that no export wrote');
    expect(await text(put('x.location.inc'))).toBe('mine');
    await writeFile(put('x.location.inc'), 'two\n');
    await writeFile(put('x.policy.json'), '{"mine": 1}');
    expect((await several(put('x.conf'))).stderr).toContain('x.policy.json is a file that no export wrote');
    await writeFile(put('x.policy.json'), '{ }');
    expect((await several(put('x.conf'))).code).toBe(0);
  });

  test('replaces what an export for the same target wrote, also after a change by hand', async () => {
    const nginx = async (...line: string[]) => {
      const args = ['nginx', '--rules', at('cors.xml'), '--output', put('x.conf'), ...line];
      return (await runCommand(exportRules, args)).code;
    };
    expect(await nginx()).toBe(0);
    await rm(put('x.conf'));
    expect(await nginx('--name', 'media')).toBe(0);
    await writeFile(put('x.location.inc'), 'edited');
    expect(await nginx()).toBe(0);
    await rm(put('x.conf'));
    await writeFile(put('x.location.inc'), 'edited');
    expect(await nginx()).toBe(2);
  });

  test.each<[what: string, args: () => Promise<readonly string[]>, reason: string]>([
    [
      'the rules',
      async () => ['--rules', put('c.xml'), '-o', put('c.xml')],
      'the file that the rules are read from',
    ],
    [
      'the rules behind a link',
      async () => {
        await symlink(put('c.xml'), put('link.conf'));
        return ['--rules', put('c.xml'), '-o', put('link.conf')];
      },
      'the file that the rules are read from',
    ],
    [
      'the rules, by a further file',
      async () => {
        await rename(put('c.xml'), put('x.policy.json'));
        return ['--rules', put('x.policy.json'), '-o', put('x.conf')];
      },
      'the file that the rules are read from',
    ],
    [
      'the rules of a folder',
      async () => {
        await mkdir(put('objects'));
        await rename(put('c.xml'), put('objects.cors.xml'));
        return ['--bucket', put('objects'), '-o', put('objects.cors.xml')];
      },
      'the file that the rules are read from',
    ],
    [
      'the configuration',
      async () => {
        const bucket = { bucket: 'http://127.0.0.1:1', store: 'oss', rules: put('c.xml') };
        await writeFile(put('edge.json'), JSON.stringify({ buckets: { media: bucket } }));
        return ['--config', put('edge.json'), '-o', put('edge.json')];
      },
      'the configuration file that is read',
    ],
    [
      'the rules that the configuration names',
      async () => {
        const bucket = { bucket: 'http://127.0.0.1:1', store: 'oss', rules: put('c.xml') };
        await writeFile(put('edge.json'), JSON.stringify({ buckets: { media: bucket } }));
        return ['--config', put('edge.json'), '-o', put('c.xml')];
      },
      'the file that the rules are read from',
    ],
  ])('does not replace %s', async (_, args, reason) => {
    await copyFile(at('cors.xml'), put('c.xml'));
    const line = await args();
    const before = await contents();
    const { code, stderr } = await run('several', ...line);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`is ${reason}`) });
    expect(await contents()).toEqual(before);
  });

  test('does not write two files to one', async () => {
    await writeFile(put('x.location.inc'), 'old');
    await symlink('x.location.inc', put('x.conf'));
    const { code, stderr } = await several(put('x.conf'));
    expect(code).toBe(2);
    expect(stderr).toContain('x.location.inc is the file behind the link at the first path. Remove it');
    expect(await text(put('x.conf'))).toBe('old');
  });

  test.skipIf(process.getuid?.() === 0)('is a fault in a folder that may not be written', async () => {
    await chmod(folder, 0o555);
    const { code, stderr } = await several(put('x.conf'));
    expect(code).toBe(2);
    expect(stderr).toContain('could not be written: EACCES');
  });

  test('is a fault for a folder', async () => {
    await mkdir(put('inside'));
    const { code, stderr } = await several(put('inside'));
    expect(code).toBe(2);
    expect(stderr).toBe(`bucket-cors: --output ${put('inside')} is a folder. Write the path of a file.\n`);
  });

  test('is a fault, and leaves every old file, where a further file cannot be replaced', async () => {
    await writeFile(put('x.conf'), 'old');
    await mkdir(put('x.policy.json'));
    const { code, stderr } = await several(put('x.conf'));
    expect(code).toBe(2);
    expect(stderr).toContain('x.policy.json is not a file');
    expect(await text(put('x.conf'))).toBe('old');
    expect((await readdir(folder)).sort()).toEqual(['x.conf', 'x.policy.json']);
  });

  test('is a fault where the folder is missing', async () => {
    const { code, stderr } = await several(put('no/x.conf'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/--output \S*no\/x\.conf could not be written: ENOENT/);
  });

  test('is a fault for a full device', async () => {
    const { code, stderr } = await several('/dev/full');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--output \/dev\/full could not be written: ENOSPC/);
  });

  test('to a device is one text', async () => {
    const { code, stdout, stderr } = await several('/dev/null');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('written: /dev/null\n');
    expect(stderr).not.toContain('/dev/null.');
  });
});

test.each([
  [
    ['cors.conf', 'cors.location.inc'],
    '/etc/x/media.conf',
    ['/etc/x/media.conf', '/etc/x/media.location.inc'],
  ],
  [['cors.conf', 'cors.location.inc'], 'media', ['media', 'media.location.inc']],
  [['cors.conf', 'cors.location.inc'], './a.b/media', ['./a.b/media', 'a.b/media.location.inc']],
  [['function.js', 'policy.json'], 'edge.js', ['edge.js', 'edge.policy.json']],
  [['cors.conf', 'cors.json'], 'x.json', ['x.json', 'x.cors.json']],
  [['cors.conf'], '.conf', ['.conf']],
])('files %j go to %s', (names, output, expected) => {
  const files = names.map((name) => ({ name, use: '', text: '' }));
  expect(pathsFor(files, output)).toEqual(expected);
});

describe('--prove', () => {
  const prove = (target: string, ...more: string[]) =>
    run(target, '--rules', at('patterns.xml'), '--prove', ...more);

  test('prints a table and writes the file', async () => {
    const { code, stderr } = await prove('banner', '-o', put('x.conf'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^program +requests +differences +milliseconds\nnode +4\d\d +0 +\d+\n/);
    expect(await readdir(folder)).toEqual(['x.conf']);
  });

  test('says what was not asked', () => {
    const omitted = ['several Vary lines: nginx before 1.23 reads the first alone'];
    const proof = { program: 'nginx', requests: 5010, differences: 0, shown: [], omitted, milliseconds: 700 };
    expect(proofLines(proof)).toEqual([
      'program  requests  differences  milliseconds',
      'nginx        5010            0           700',
      'not asked: several Vary lines: nginx before 1.23 reads the first alone',
    ]);
  });

  test('with differences shows the first, and writes nothing', async () => {
    const { code, stdout, stderr } = await prove('wrong', '-o', put('x.conf'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ {2}(GET|OPTIONS) \/\w+\/\d+\n {2}Origin: /m);
    expect(stderr).toMatch(/^ {4}expected:\n( {6}.+\n)+ {4}seen:\n/m);
    expect(stderr).toMatch(/^and \d+ more differences$/m);
    expect(stderr).toContain('bucket-cors: nothing is written: wrong would not obey the rules');
    expect(await readdir(folder)).toEqual([]);
  });

  test('says as JSON what it found', async () => {
    const right = JSON.parse((await prove('banner', '--format', 'json')).stdout);
    expect(right).toMatchObject({ files: [{}], proof: { program: 'node', differences: 0, shown: [] } });
    const wrong = await prove('wrong', '--format', 'json');
    expect(wrong.code).toBe(1);
    const { files, proof } = JSON.parse(wrong.stdout);
    expect(files).toEqual([]);
    expect(proof.shown[0]).toMatchObject({
      request: { method: expect.any(String) },
      what: expect.any(String),
    });
  });

  test('fails where the program is missing', async () => {
    const { code, stderr } = await prove('missing', '-o', put('x.conf'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'bucket-cors: --prove needs nothingd, which is not installed here; install it: apt-get install nothing\n',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('fails after its limit', async () => {
    const write = () => writtenFor(bannerTarget, compiled([APP, PATTERN]));
    const terminal = { env: {}, print: async () => {}, say: () => {}, colours: false };
    const proving = await proveExport(engineProver, write, terminal, { count: 100_000, limit: 100 });
    const line = '--prove: node did not answer all requests within 0.1 seconds';
    expect(proving).toEqual({ ok: false, lines: [line] });
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });

  test('fails where the program does not start', async () => {
    const { code, stderr } = await prove('broken');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'bucket-cors: --prove: node did not start: unknown directive\n',
    });
  });
});

describe('the table of targets', () => {
  test('is in the help, with formats', () => {
    const names = ALL.map(({ name }) => name);
    expect(exportRules.terms?.rows.map(({ name }) => name)).toEqual(names);
    expect(exportRules.offers?.()).toEqual(names);
    expect(exportTests.terms?.rows.slice(0, 2)).toEqual([
      { name: 'alone', about: 'One file. --format config or terraform.' },
      { name: 'several', about: 'Three files.' },
    ]);
  });
});

test.each([
  ['cors', true],
  ['a_1', true],
  ['a'.repeat(32), true],
  ['a'.repeat(33), false],
  ['1a', false],
  ['_a', false],
  ['a-b', false],
  ['ä', false],
  ['', false],
])('name %j', (name, isName) => {
  expect('value' in parseExportName(name)).toBe(isName);
});

test.each([
  ['https://b.oss-cn-hangzhou.aliyuncs.com', 'https://b.oss-cn-hangzhou.aliyuncs.com'],
  ['HTTP://Host:8080/b/', 'http://host:8080/b'],
  ['http://[::1]:9000/b', 'http://[::1]:9000/b'],
  ['https://x/%20a', 'https://x/%20a'],
  ['https://x/a b', 'https://x/a%20b'],
  ['https://a;b/', null],
  ['https://x/$host', null],
  ['https://x/a{b}', 'https://x/a%7Bb%7D'],
  ['https://x/a"b', 'https://x/a%22b'],
  ['https://x/a//b', null],
  ['oss://b', null],
])('address %j', (given, expected) => {
  const parsed = parseBucketUrl(given);
  expect('value' in parsed ? parsed.value : null).toBe(expected);
});
