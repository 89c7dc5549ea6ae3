import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesOf } from '../../src/analysis/changes.ts';
import { sentenceOf } from '../../src/analysis/sentence.ts';
import { diff } from '../../src/cli/diff.ts';
import { compileRules } from '../../src/cors/compile.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import { behaviour, rule } from '../helpers/rules.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { runCommand } from './_command.ts';

const A = 'https://a.example.com';
const page = (given: Partial<Rule> = {}): Rule =>
  rule({ allowedOrigins: [A], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [], ...given });

const sentences = (before: readonly Rule[], after: readonly Rule[]): readonly string[] =>
  changesOf(
    compileRules({ rules: before, responseVary: false }, behaviour('oss')),
    compileRules({ rules: after, responseVary: false }, behaviour('oss')),
  ).changes.map(sentenceOf);

const flat = (text: string): string => text.replace(/\s+/g, ' ');

const twenty = Array.from({ length: 20 }, (_, at) => `https://${at}.example.com`);

describe('a change', () => {
  test.each<[string, readonly Rule[], readonly Rule[], readonly string[]]>([
    [
      'that adds a method',
      [page()],
      [page(), page({ allowedMethods: ['PUT'], allowedOrigins: ['https://dev.example.com'] })],
      ['https://dev.example.com may PUT from now on (rule 2)'],
    ],
    [
      'that removes an origin',
      [page({ allowedOrigins: ['https://old.example.com', A] })],
      [page()],
      ['https://old.example.com loses GET (rule 1 listed it)'],
    ],
    [
      'that removes a pattern',
      [page({ allowedOrigins: [A, 'https://*.old.example.com'] })],
      [page()],
      ['origins such as https://app.old.example.com lose GET (rule 1 listed https://*.old.example.com)'],
    ],
    [
      'of twenty origins',
      [page({ allowedMethods: ['GET', 'DELETE'], allowedOrigins: [A, ...twenty] })],
      [page({ allowedMethods: ['GET', 'DELETE'] })],
      [
        'https://0.example.com, https://1.example.com, https://2.example.com, https://3.example.com, https://4.example.com and 15 more origins lose GET and DELETE (rule 1 listed them)',
      ],
    ],
    [
      'that opens rules to every origin',
      [],
      [page({ allowedOrigins: ['*'] })],
      ['null and any other origin (https://unlisted.example) may GET from now on (rule 1 lists *)'],
    ],
    [
      'that allows a request header',
      [page()],
      [page({ allowedHeaders: ['x-trace'] })],
      [`${A} may send x-trace with GET from now on (rule 1)`],
    ],
    [
      'that refuses two headers together',
      [page({ allowedHeaders: ['x-one', 'x-two'] })],
      [page({ allowedHeaders: ['x-one'] }), page({ allowedHeaders: ['x-two'] })],
      [`${A} may no longer send x-one and x-two together with GET (rule 1 allowed them)`],
    ],
    [
      'that exposes and hides response headers',
      [page({ exposeHeaders: ['x-old', 'x-older'] })],
      [page({ exposeHeaders: ['ETag'] })],
      [
        `${A} may read ETag in answers to GET from now on (rule 1)`,
        `${A} can no longer read x-old and x-older in answers to GET (rule 1 exposed them)`,
      ],
    ],
    [
      'of the time to cache',
      [page({ maxAgeSeconds: 60 })],
      [page({ maxAgeSeconds: 600 })],
      [`browsers cache preflights of ${A} for GET for 600 seconds (rule 1), not for 60`],
    ],
    [
      'of the time to cache to one second',
      [page()],
      [page({ maxAgeSeconds: 1 })],
      [`browsers cache preflights of ${A} for GET for 1 second (rule 1), not for 5, their default`],
    ],
    [
      'of the time to cache to the default of browsers',
      [page()],
      [page({ maxAgeSeconds: 5 })],
      [`browsers cache preflights of ${A} for GET for 5 seconds (rule 1), as before: it is their default`],
    ],
    [
      'that narrows the wildcard of request headers to one name',
      [page({ allowedHeaders: ['*'] })],
      [page({ allowedHeaders: ['x-trace'] })],
      [`${A} may no longer send request headers that no rule lists with GET (rule 1 allowed them)`],
    ],
    [
      'to an origin that no browser sends',
      [page()],
      [page({ allowedOrigins: [A, 'https://b.example.com/'] })],
      ['https://b.example.com/ may GET from now on (rule 1); no browser sends this origin'],
    ],
  ])('%s is said in a sentence', (_, before, after, expected) => {
    expect(sentences(before, after)).toEqual(expected);
  });

  test('with a long value has its beginning', () => {
    const [sentence] = sentences([], [page({ allowedOrigins: [`https://${'a'.repeat(9_000)}`] })]);
    expect(sentence).toMatch(/^https:\/\/a{192}… may GET from now on/);
  });

  test('of the order of rules names the origin that another rule decides', () => {
    const [named, any] = [page({ exposeHeaders: ['ETag'] }), page({ allowedOrigins: ['*'] })];
    expect(sentences([named, any], [any, named])[0]).toBe(
      `${A} can no longer read ETag in answers to GET (rule 1 exposed it)`,
    );
  });

  test('with control characters in a value writes them out', () => {
    const [sentence] = sentences([], [page({ allowedOrigins: ['https://\u001b[2J'] })]);
    expect(sentence).toContain('https://\\u001b[2J');
  });
});

describe('the command diff', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const wider = [page(), page({ allowedOrigins: ['https://b.example.com'] })];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-diff-'));
    const put = (name: string, rules: readonly Rule[], responseVary = false) =>
      writeFile(at(name), toXml({ rules, responseVary }));
    await put('one.xml', [page()]);
    await put('wider.xml', wider);
    await put('vary.xml', [page()], true);
    await put('split.xml', [page({ allowedMethods: ['GET'] }), page()]);
    await writeFile(at('one.json'), JSON.stringify([{ AllowedOrigins: [A], AllowedMethods: ['GET'] }]));
    await writeFile(at('wrong.xml'), '<CORSConfiguration></CORSConfiguration>');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...line: string[]) => runCommand(diff, line);

  test('shows text and sentences, and exits with 1', async () => {
    const { code, stdout, stderr } = await run(at('one.xml'), at('wider.xml'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`--- ${at('one.xml')}\n+++ ${at('wider.xml')}\n@@ `);
    expect(stdout).toContain('\n+    <AllowedOrigin>https://b.example.com</AllowedOrigin>\n');
    expect(stdout).toContain(
      '\nNewly allowed:\n  https://b.example.com may GET from now on (rule 2)\n\n1 newly allowed (as stores oss and s3 answer)\n',
    );
  });

  test('of the same rules in two forms says so, and exits with 0', async () => {
    const { code, stdout } = await run(at('one.xml'), at('one.json'));
    expect(code).toBe(0);
    expect(flat(stdout)).toBe(`${at('one.xml')} and ${at('one.json')} have the same rules. `);
  });

  test('of a rule that no request reaches exits with 0, since no request is answered otherwise', async () => {
    const { code, stdout } = await run(at('one.xml'), at('split.xml'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /\+ {2}<CORSRule>[\s\S]*No request is answered otherwise \(as stores oss and s3 answer\)\.\n$/,
    );
  });

  test('has its sentences in the columns of the terminal, and the textual diff whole', async () => {
    await writeFile(
      at('pattern.xml'),
      toXml({ rules: [page({ allowedOrigins: ['https://*.a.example'] })], responseVary: false }),
    );
    const { stdout } = await runCommand(diff, [at('one.xml'), at('pattern.xml')], { width: 40 });
    expect(stdout).toContain('\n+    <AllowedOrigin>https://*.a.example</AllowedOrigin>\n');
    expect(stdout).toContain(
      'Newly allowed:\n  origins such as https://app.a.example\n  may GET from now on (rule 1 lists\n  https://*.a.example)\n',
    );
  });

  test('of ResponseVary says which answers have Vary', async () => {
    const { code, stdout } = await run(at('one.xml'), at('vary.xml'));
    expect(code).toBe(1);
    expect(stdout).toContain('every answer has Vary: Origin from now on (ResponseVary is true)');
  });

  test('--only counts changes of one direction alone', async () => {
    expect(await run(at('one.xml'), at('wider.xml'), '--only', 'wider')).toMatchObject({ code: 1 });
    const narrower = await run(at('one.xml'), at('wider.xml'), '--only', 'narrower');
    expect(narrower).toMatchObject({ code: 0 });
    expect(narrower.stdout).toMatch(/No page is refused more \(as stores oss and s3 answer\)\.\n$/);
    expect(await run(at('wider.xml'), at('one.xml'), '--only', 'wider')).toMatchObject({ code: 0 });
  });

  test('--only wider counts what is wider with one of the stores, unless --store names it', async () => {
    await writeFile(at('any.xml'), toXml({ rules: [page({ allowedOrigins: ['*'] })], responseVary: false }));
    // A pattern echoes the origin, with which S3 allows credentials (semantics.md §3).
    const pattern = [page({ allowedOrigins: ['https://*'] })];
    await writeFile(at('https.xml'), toXml({ rules: pattern, responseVary: false }));
    const line = [at('any.xml'), at('https.xml'), '--only', 'wider'];
    expect(await run(...line)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Access-Control-Allow-Credentials: true'),
    });
    expect(await run(...line, '--store', 's3')).toMatchObject({ code: 1 });
    expect(await run(...line, '--store', 'oss')).toMatchObject({ code: 0 });
  });

  test('--format json has each change as a sentence and as data', async () => {
    const { stdout } = await run(at('one.xml'), at('wider.xml'), '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      before: at('one.xml'),
      after: at('wider.xml'),
      stores: ['oss', 's3'],
      sameText: false,
      complete: true,
      changes: [
        {
          sentence: 'https://b.example.com may GET from now on (rule 2)',
          effect: 'allowed',
          kind: 'method',
          isWider: true,
          methods: ['GET'],
          origins: [{ origin: 'https://b.example.com', entry: 'https://b.example.com', isUsual: true }],
          before: null,
          after: 2,
        },
      ],
    });
  });

  test('--format github annotates the second file, and prints nothing without changes', async () => {
    const { stdout } = await run(at('one.xml'), at('wider.xml'), '--format', 'github');
    expect(stdout).toMatch(
      /^::error file=\S*wider\.xml,title=Newly allowed::https:\/\/b\.example\.com may GET from now on \(rule 2\)\n$/,
    );
    expect((await run(at('one.xml'), at('one.json'), '--format', 'github')).stdout).toBe('');
  });

  test('--format github has an error for cookies that pages may send from now on', async () => {
    const put = (name: string, rules: readonly Rule[]) =>
      writeFile(at(name), toXml({ rules, responseVary: false }));
    const any = page({ allowedOrigins: ['*'] });
    await put('any.xml', [any]);
    await put('named.xml', [page(), any]);
    const line = [at('any.xml'), at('named.xml'), '--store', 's3', '--format', 'github'];
    const { stdout } = await run(...line);
    expect(stdout).toMatch(
      /^::error \S+,title=Answered otherwise::.*Access-Control-Allow-Credentials: true/m,
    );
    expect(stdout).toMatch(/^::notice \S+,title=Answered otherwise::.*Access-Control-Allow-Origin/m);
  });

  test('of a document with faults names them and exits with 2', async () => {
    const { code, stdout, stderr } = await run(at('one.xml'), at('wrong.xml'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^bucket-cors: .*wrong\.xml: CORSRule has no rule; write at least one rule/);
  });

  test('of one source is a fault of the command line', async () => {
    const { code, stderr } = await run(at('one.xml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^SOURCE is missing: two are compared; write /);
  });

  test('of a bucket compares as its store answers', async () => {
    const store = await openUpstream({ rules: wider, responseVary: false }, '/media');
    try {
      const { code, stdout } = await runCommand(diff, [
        at('one.xml'),
        `s3://media?endpoint=http://${store.host}`,
      ]);
      expect(code).toBe(1);
      expect(stdout).toContain('(as store s3 answers)');
    } finally {
      await store.close();
    }
  });

  test('of rules with too many patterns does not say that they are alike', async () => {
    const lengths = Array.from({ length: 150 }, (_, at) => at + 1);
    const nested = lengths.flatMap((length) => [`${'a'.repeat(length)}*`, `*${'b'.repeat(length)}`]);
    const many = page({ allowedOrigins: nested });
    await writeFile(at('many.xml'), toXml({ rules: [many], responseVary: false }));
    await writeFile(at('twice.xml'), toXml({ rules: [many, page()], responseVary: false }));
    expect(await run(at('many.xml'), at('many.xml'))).toMatchObject({ code: 0 });
    const { code, stdout } = await run(at('twice.xml'), at('many.xml'), '--only', 'wider');
    expect(code).toBe(2);
    expect(flat(stdout)).toMatch(
      /there may be more changes\. No change was found among the requests that were compared\. $/,
    );
  });
});
