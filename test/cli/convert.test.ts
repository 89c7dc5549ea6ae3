import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convert } from '../../src/cli/convert.ts';
import { readDocument } from '../../src/document/read.ts';
import { toXml } from '../../src/document/xml.ts';
import { replaceFile } from '../../src/node/files/replace-file.ts';
import { rule } from '../helpers/rules.ts';
import { runCommand } from './_command.ts';

// Google's stores have one list for allowed and exposed headers.
const RULES = [
  rule({
    allowedOrigins: ['https://a.example.com'],
    allowedMethods: ['GET', 'HEAD'],
    allowedHeaders: ['ETag'],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 600,
  }),
];

const isRoot = process.getuid?.() === 0;

let folder = '';
const at = (name: string) => join(folder, name);
const run = (...line: string[]) => runCommand(convert, line);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-convert-'));
  await writeFile(at('cors.xml'), toXml({ rules: RULES, responseVary: false }));
  await writeFile(at('vary.xml'), toXml({ rules: RULES, responseVary: true }));
  await writeFile(at('named.xml'), toXml({ rules: [{ ...RULES[0]!, id: 'one' }], responseVary: false }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the command convert', () => {
  test.each(['xml', 'oss-json', 's3-json', 'r2', 'gcs'])('writes %s, which means the same', async (form) => {
    const { code, stdout } = await run(at('cors.xml'), '--to', form);
    expect(code).toBe(0);
    const read = readDocument(stdout, 'strict');
    expect(read.ok && read.ruleSet.rules).toEqual(RULES);
  });

  test('writes Terraform', async () => {
    const { code, stdout, stderr } = await run(at('cors.xml'), '--to', 'terraform', '--store', 's3');
    expect(code).toBe(0);
    expect(stdout).toContain('resource "aws_s3_bucket_cors_configuration"');
    expect(stderr).toMatch(/is a placeholder; write the name of the bucket/);
  });

  test('says what is left out on standard error', async () => {
    const { code, stdout, stderr } = await run(at('named.xml'), '--to', 'oss-json');
    expect(code).toBe(0);
    expect(stdout).not.toContain('one');
    expect(stderr).toMatch(/^bucket-cors: CORSRule\[1\]\/ID\S* "one" is left out/);
  });

  test('refuses what the form cannot say, with the place in the source', async () => {
    const { code, stdout, stderr } = await run(at('vary.xml'), '--to', 'r2');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^bucket-cors: \S*ResponseVary\S* "true" cannot be said in the JSON of R2/);
  });

  test('--format json has document, notes and faults', async () => {
    const written = await run(at('cors.xml'), '--to', 's3-json', '--format', 'json');
    expect(JSON.parse(written.stdout)).toMatchObject({ form: 's3-json', notes: [], faults: [] });
    const refused = await run(at('vary.xml'), '--to', 'r2', '--format', 'json');
    expect(refused).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(refused.stdout)).toMatchObject({ text: null, faults: [{ value: 'true' }] });
  });

  test('--output writes a file and nothing to standard output', async () => {
    const { code, stdout } = await run(at('cors.xml'), '--to', 'r2', '--output', at('r2.json'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(JSON.parse(await readFile(at('r2.json'), 'utf8'))).toHaveProperty('rules');
    const failed = await run(at('cors.xml'), '--to', 'r2', '--output', at('no/r2.json'));
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/--output \S*no\/r2\.json could not be written: ENOENT/);
  });

  test('without a form, or with an unknown one, names the forms', async () => {
    expect(await run(at('cors.xml'))).toMatchObject({
      code: 2,
      stderr: '--to is missing; write xml, oss-json, s3-json, r2, gcs, terraform\n',
    });
    expect(await run(at('cors.xml'), '--to', 'yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--to "yaml" is not a form/),
    });
  });
});

describe('a file that is replaced', () => {
  test('has the new text behind a link, and its permissions', async () => {
    await mkdir(at('links'));
    await writeFile(at('real.xml'), 'old', { mode: 0o600 });
    await chmod(at('real.xml'), 0o640);
    await symlink(at('real.xml'), at('links/cors.xml'));
    await replaceFile(at('links/cors.xml'), 'new');
    expect(await readFile(at('real.xml'), 'utf8')).toBe('new');
    expect((await stat(at('real.xml'))).mode & 0o777).toBe(0o640);
  });

  test.runIf(isRoot)('has its owner and group', async () => {
    await writeFile(at('owned.xml'), 'old');
    await chown(at('owned.xml'), 1234, 2345);
    await replaceFile(at('owned.xml'), 'new');
    expect(await stat(at('owned.xml'))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test.skipIf(isRoot)('is not one that this user may not write', async () => {
    await writeFile(at('protected.xml'), 'old', { mode: 0o444 });
    await expect(replaceFile(at('protected.xml'), 'new')).rejects.toThrow('EACCES');
    expect(await readFile(at('protected.xml'), 'utf8')).toBe('old');
  });
});

describe('what is no file to replace', () => {
  test('is still a pipe, and its reader gets the text', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const [text] = await Promise.all([readFile(at('pipe'), 'utf8'), replaceFile(at('pipe'), 'new')]);
    expect(text).toBe('new');
    expect((await stat(at('pipe'))).isFIFO()).toBe(true);
  });

  test('is an output of this process, also if that is a file', async () => {
    const output = await open(at('output'), 'w');
    try {
      await replaceFile(`/dev/fd/${output.fd}`, 'new');
      expect(await readFile(at('output'), 'utf8')).toBe('new');
      expect((await stat(at('output'))).ino).toBe((await output.stat()).ino);
    } finally {
      await output.close();
    }
  });

  test('is a folder, which cannot be written', async () => {
    await mkdir(at('folder'));
    await expect(replaceFile(at('folder'), 'new')).rejects.toThrow('EISDIR');
  });
});
