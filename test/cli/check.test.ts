import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from 'sarif';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { runCommand } from './_command.ts';

let folder = '';
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (...line: string[]) => runCommand(check, line);

async function file(name: string, ...lines: string[]): Promise<string> {
  await writeFile(at(name), `${lines.join('\n')}\n`);
  return at(name);
}

const ruleLines = (
  origin: string,
  method = 'GET',
  more: readonly string[] = ['    <AllowedMethod>HEAD</AllowedMethod>'],
) => [
  '  <CORSRule>',
  `    <AllowedOrigin>${origin}</AllowedOrigin>`,
  `    <AllowedMethod>${method}</AllowedMethod>`,
  ...more,
  '    <MaxAgeSeconds>600</MaxAgeSeconds>',
  '  </CORSRule>',
];

const clean = () =>
  file('clean.xml', '<CORSConfiguration>', ...ruleLines('https://a.example.com'), '</CORSConfiguration>');
const slash = () =>
  file('slash.xml', '<CORSConfiguration>', ...ruleLines('https://a.example.com/'), '</CORSConfiguration>');

/** The codes of findings, with their lines. */
const found = (stdout: string) =>
  (JSON.parse(stdout).findings as { code: string; line: number | null }[]).map(
    ({ code, line }) => `${code} ${line}`,
  );

describe('the command check', () => {
  test('exits with 0 where nothing of weight is found', async () => {
    const { code, stdout, stderr } = await run(await clean());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `${at('clean.xml')} (1 rule, store oss; --store names another)`,
    );
  });

  test('names a mistake with its line, what to write and its code, and exits with 1', async () => {
    const { code, stdout } = await run(await slash());
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}error BC101 {2}AllowedOrigin\[1\], line 3$/m);
    expect(stdout).toMatch(/^ {6}\+ <AllowedOrigin>https:\/\/a\.example\.com<\/AllowedOrigin>$/m);
    expect(stdout).toMatch(/\n1 error, .*\n$/);
  });

  test('reads on where the document has faults, and names each once', async () => {
    const path = await file(
      'both.xml',
      '<CORSConfiguration>',
      ...ruleLines('https://a.example.com/'),
      ...ruleLines('https://b.example.com', 'FETCH'),
      '</CORSConfiguration>',
    );
    const { code, stdout } = await run(path, '--format', 'json');
    expect(code).toBe(1);
    const codes = found(stdout);
    expect(codes).toContain('BC101 3');
    expect(codes.filter((one) => one.startsWith('BC007'))).toEqual(['BC007 10']);
  });

  test('of a document that is no rules document finds that', async () => {
    const { code, stdout } = await run(await file('cors.xml', 'hello'), '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      rules: null,
      findings: [{ code: 'BC001', severity: 'error' }],
    });
  });

  test('--severity decides which findings count', async () => {
    const path = await file(
      'cors.xml',
      '<CORSConfiguration>',
      ...ruleLines('https://a.example.com', 'GET', []),
      '</CORSConfiguration>',
    );
    const { stdout } = await run(path, '--format', 'json');
    expect(JSON.parse(stdout).counts).toMatchObject({ error: 0, warning: 0 });
    expect(JSON.parse(stdout).counts.note).toBeGreaterThan(0);
    expect(await run(path)).toMatchObject({ code: 0 });
    expect(await run(path, '--severity', 'note')).toMatchObject({ code: 1 });
    expect(await run(await slash(), '--severity', 'error')).toMatchObject({ code: 1 });
  });

  test('--format sarif is a log with the line and the help of each result', async () => {
    const { code, stdout } = await run(await slash(), '--format', 'sarif');
    expect(code).toBe(1);
    const log: Log = JSON.parse(stdout);
    const result = log.runs[0]?.results?.find(({ ruleId }) => ruleId === 'BC101');
    expect(result?.locations?.[0]?.physicalLocation?.region).toEqual({ startLine: 3 });
    const rules = log.runs[0]?.tool.driver.rules ?? [];
    expect(rules[result?.ruleIndex ?? -1]?.helpUri).toMatch(/docs\/checks\.md#/);
  });

  test('--format github prints one annotation a finding', async () => {
    const { stdout } = await run(await slash(), '--format', 'github');
    expect(stdout).toMatch(/^::error file=\S+slash\.xml,line=3,title=BC101 An origin with a slash/m);
  });

  test('of a bucket reads its own rules', async () => {
    const store = await openUpstream('none');
    try {
      const { code, stdout } = await run('--bucket', store.url);
      expect(code).toBe(0);
      expect(stdout).toContain(`${store.url}/?cors (no rules, store oss; --store names another)`);
    } finally {
      await store.close();
    }
  });

  test('of a source that cannot be read exits with 2 and prints nothing', async () => {
    expect(await run(at('no.xml'))).toMatchObject({ code: 2, stdout: '' });
    expect(await run()).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^SOURCE is missing/),
    });
  });
});

const TWICE = '    <AllowedOrigin>https://a.example.com</AllowedOrigin>';

/** A document with an origin that is listed twice: without the second one no answer changes. */
const twice = (...more: string[]) =>
  file(
    'twice.xml',
    '<CORSConfiguration>',
    ...more,
    ...ruleLines('https://a.example.com').toSpliced(1, 0, TWICE),
    '</CORSConfiguration>',
  );

describe('check --fix', () => {
  test('shows the difference, writes the file in its form, and reports what is left', async () => {
    const path = await twice();
    const { code, stdout } = await run(path, '--fix', '--severity', 'note');
    expect(stdout).toMatch(/^-{3} (\S+)\n\+{3} \1\n/);
    expect(stdout).toContain(`\n-${TWICE}\n`);
    expect(stdout).toMatch(/\nCorrected: BC302 CORSRule\[1\]\/AllowedOrigin\[2\]\n/);
    const text = await readFile(path, 'utf8');
    expect(text.split('https://a.example.com')).toHaveLength(2);
    expect(await run(path, '--severity', 'note')).toMatchObject({ code });
  });

  test('writes the JSON of the S3 console as a list again', async () => {
    const rule = {
      AllowedOrigins: ['https://a.example.com'],
      AllowedMethods: ['GET', 'HEAD'],
      MaxAgeSeconds: 60,
    };
    const doubled = { ...rule, AllowedOrigins: [...rule.AllowedOrigins, ...rule.AllowedOrigins] };
    const path = await file('cors.json', JSON.stringify([doubled]));
    await run(path, '--fix');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual([rule]);
  });

  const rules = {
    AllowedOrigins: ['https://a.example.com', 'https://a.example.com'],
    AllowedMethods: ['GET'],
  };
  test.each<readonly [string, object, string]>([
    [
      'keys around and beside an envelope',
      { Bucket: 'my-bucket', CORSConfiguration: { CORSRules: [rules] } },
      'CORSConfiguration',
    ],
    [
      'keys that tools write',
      { CORSRules: [rules], ResponseMetadata: { RequestId: '1' } },
      'ResponseMetadata',
    ],
    [
      "the envelope of R2's API",
      {
        success: true,
        result: {
          rules: [{ allowed: { origins: rules.AllowedOrigins, methods: ['GET'] } }],
        },
      },
      'result',
    ],
  ])('refuses a document with %s, and leaves it as it is', async (_, json, named) => {
    const path = await file('around.json', JSON.stringify(json));
    const { stderr } = await run(path, '--fix');
    expect(stderr).toContain(
      `around.json has ${named} around or beside its rules, which --fix does not write`,
    );
    expect(stderr).toContain('convert it with bucket-cors convert');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(json);
  });

  test.each([
    ['<Extra>1</Extra>', '<CORSConfiguration>', 'has Extra[1] around or beside its rules'],
    ['', '<CORSConfiguration version="1">', 'has an attribute in CORSConfiguration'],
    ['<?pi x?>', '<CORSConfiguration>', 'has a processing instruction'],
    ['<c:Extra xmlns:c="urn:c"/>', '<CORSConfiguration>', 'has Extra[1] around or beside its rules'],
    ['', '<CORSConfiguration xmlns="urn:a" xmlns:b="urn:b">', 'has an attribute in CORSConfiguration'],
  ])('refuses XML with %s in %s', async (more, root, reason) => {
    const path = await file(
      'more.xml',
      root,
      ...ruleLines('https://a.example.com').toSpliced(1, 0, TWICE),
      more,
      '</CORSConfiguration>',
    );
    const before = await readFile(path, 'utf8');
    expect((await run(path, '--fix')).stderr).toContain(`more.xml ${reason}`);
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('leaves the namespace of XML as it is', async () => {
    const root = '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
    const lines = ruleLines('https://a.example.com').toSpliced(1, 0, TWICE);
    const path = await file('s3.xml', `<!-- <a b="c"> -->${root}`, ...lines, '</CORSConfiguration>');
    expect((await run(path, '--fix')).stdout).toContain('Corrected: BC302');
    const text = await readFile(path, 'utf8');
    expect(text).toContain(`\n${root}\n`);
    expect(text.split('https://a.example.com')).toHaveLength(2);
  });

  test('never lets in more: an origin with a slash is left to its author', async () => {
    const path = await slash();
    const before = await readFile(path, 'utf8');
    const { code, stdout } = await run(path, '--fix');
    expect(code).toBe(1);
    expect(stdout).toContain('error BC101');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('says that comments are left out', async () => {
    const path = await twice('  <!-- for the shop -->');
    const { stdout } = await run(path, '--fix');
    expect(stdout).toContain('-  <!-- for the shop -->');
    expect(stdout).toContain('Note: comments are left out');
  });

  test('leaves a file alone that has nothing to correct, or faults of its form', async () => {
    const path = await clean();
    const before = await stat(path);
    expect((await run(path, '--fix')).stderr).toMatch(/clean\.xml has nothing that --fix corrects/);
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
    const wrong = await file(
      'wrong.xml',
      '<CORSConfiguration>',
      ...ruleLines('https://b.example.com', 'FETCH').toSpliced(1, 0, TWICE, TWICE),
      '</CORSConfiguration>',
    );
    const { code, stderr } = await run(wrong, '--fix');
    expect(code).toBe(1);
    expect(stderr).toMatch(/wrong\.xml has faults that leave open what its author means/);
    expect((await readFile(wrong, 'utf8')).split(TWICE)).toHaveLength(3);
  });

  test('of a document that is not in a file is a fault of the command line', async () => {
    expect(await run('<CORSConfiguration/>', '--fix')).toMatchObject({
      code: 2,
      stderr: '--fix corrects a file, and the source is not one; write the command without it, or a file\n',
    });
  });

  test('prints the difference beside the findings only in a table', async () => {
    const { stdout, stderr } = await run(await twice(), '--fix', '--format', 'json');
    expect(JSON.parse(stdout).source).toBe(at('twice.xml'));
    expect(stderr).toContain(`-${TWICE}\n`);
  });
});
