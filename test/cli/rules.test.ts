import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rules } from '../../src/cli/rules.ts';
import { readDocument } from '../../src/document/read.ts';
import { runCommand } from './_command.ts';
import { openRulesStore, type RulesStore } from './_rules-store.ts';

const rule = (origin: string, more = ''): string =>
  `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><MaxAgeSeconds>600</MaxAgeSeconds>${more}</CORSRule>`;
const xml = (...origins: readonly string[]): string =>
  `<CORSConfiguration>${origins.map((origin) => rule(origin)).join('')}<ResponseVary>true</ResponseVary></CORSConfiguration>`;
const ONE = xml('https://a.example.com');
const TWO = xml('https://a.example.com', 'https://b.example.com');

const originsIn = (text: string | null): readonly string[] => {
  const read = readDocument(text ?? '', 'strict');
  return read.ok ? read.ruleSet.rules.flatMap(({ allowedOrigins }) => allowedOrigins) : [];
};

const run = (line: readonly string[], options?: Parameters<typeof runCommand>[2]) =>
  runCommand(rules, line, options);

let folder = '';
let store: RulesStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
  await writeFile(join(folder, 'one.xml'), ONE);
  await writeFile(join(folder, 'two.xml'), TWO);
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(at(name), text);
  return at(name);
};

describe('the command rules', () => {
  beforeEach(async () => {
    store = await openRulesStore(ONE);
  });
  afterEach(() => store.close());

  describe('get', () => {
    test('prints the rules as XML', async () => {
      const { code, stdout, stderr } = await run(['get', store.url]);
      expect([code, stderr, originsIn(stdout)]).toEqual([0, '', ['https://a.example.com']]);
    });

    test.each(['oss-json', 'terraform'])('prints %s, and the file has the same', async (form) => {
      const line = ['get', `bucket:${store.url}`, '--to', form, '--bucket-name', 'media'];
      const printed = await run(line);
      expect(printed).toMatchObject({ code: 0, stderr: '' });
      expect(await run([...line, '--output', at(form)])).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await readFile(at(form), 'utf8')).toBe(printed.stdout);
    });

    test('says what a form cannot say, and exits with 1', async () => {
      expect(await run(['get', store.url, '--to', 's3-json'])).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('only OSS has ResponseVary'),
      });
    });

    test('of a bucket without rules exits with 1 and says so', async () => {
      store.rules = null;
      expect(await run(['get', store.url])).toEqual({
        code: 1,
        stdout: '',
        stderr: `bucket-cors: ${store.url}/?cors has no rules\n`,
      });
    });
  });

  describe('put', () => {
    test('shows the change, writes, and reads back', async () => {
      const { code, stdout, stderr } = await run(['put', at('two.xml'), store.url, '--yes']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('+    <AllowedOrigin>https://b.example.com</AllowedOrigin>');
      expect(stdout).toContain('https://b.example.com may GET and HEAD from now on (rule 2)');
      expect(stdout).toContain(`Written: ${store.url}/?cors has 2 rules now.`);
      expect(originsIn(store.rules)).toEqual(['https://a.example.com', 'https://b.example.com']);
      expect(store.seen).toEqual(['GET', 'GET', 'PUT', 'GET']);
    });

    test('takes JSON, and --bucket for TARGET', async () => {
      const json = await file(
        'rules.json',
        '{"CORSRule":[{"AllowedOrigin":"https://j.example.com","AllowedMethod":["GET","HEAD"]}]}',
      );
      expect(await run(['put', json, '--bucket', store.url, '--yes'])).toMatchObject({ code: 0 });
      expect(originsIn(store.rules)).toEqual(['https://j.example.com']);
    });

    test('of the same rules writes nothing, and needs no --yes', async () => {
      const { code, stdout } = await run(['put', at('one.xml'), store.url]);
      expect([code, stdout]).toEqual([
        0,
        `${store.url}/?cors has these rules already: nothing is written.\n`,
      ]);
      expect(store.seen).toEqual(['GET']);
    });

    test('of rules whose values the store has sorted writes nothing', async () => {
      store.rules = ONE.replace(/(<AllowedMethod>GET.*?)(<AllowedMethod>HEAD<.AllowedMethod>)/, '$2$1');
      expect(store.rules).not.toBe(ONE);
      expect(await run(['put', at('one.xml'), store.url])).toMatchObject({ code: 0, stderr: '' });
      expect(store.seen).toEqual(['GET']);
    });

    test('to a bucket without rules writes the first ones', async () => {
      store.rules = null;
      expect(await run(['put', at('one.xml'), store.url, '--yes'])).toMatchObject({ code: 0, stderr: '' });
      expect(originsIn(store.rules)).toEqual(['https://a.example.com']);
    });

    test('replaces the same rules where the bucket has a value beside them, and says that it is lost', async () => {
      store.rules = ONE.replace('</CORSRule>', '<AllowedMethod>COPY</AllowedMethod></CORSRule>');
      const { code, stdout } = await run(['put', at('one.xml'), store.url, '--yes']);
      expect(code).toBe(0);
      expect(stdout).toContain('has a value that is not read at CORSRule[1]/AllowedMethod[3]: it is lost');
      expect(store.rules).not.toContain('COPY');
    });

    test('replaces a document that cannot be read', async () => {
      store.rules = '<CORSConfiguration><oops';
      const { code, stdout } = await run(['put', at('one.xml'), store.url, '--yes']);
      expect(code).toBe(0);
      expect(stdout).toContain('has a document that cannot be read: it is lost');
    });

    test('without a terminal and without --yes shows the change and writes nothing', async () => {
      const { code, stdout, stderr } = await run(['put', at('two.xml'), store.url]);
      expect([code, stdout, stderr]).toEqual([
        2,
        expect.stringContaining('Newly allowed'),
        'bucket-cors: nothing is written: a question needs a terminal as standard input and standard error. --yes goes on without one.\n',
      ]);
      expect(store.seen).toEqual(['GET']);
    });

    test('of a document with faults names them and asks the store nothing', async () => {
      const { code, stderr } = await run([
        'put',
        await file('faulty.xml', xml('https://a*.b*.example.com')),
        store.url,
        '--yes',
      ]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/faulty\.xml: CORSRule\[1\]\/AllowedOrigin\[1\]/);
      expect(store.seen).toEqual([]);
    });

    test.each([
      ['an origin with a slash', xml('https://a.example.com/'), [], /error BC101/],
      [
        'more rules than OSS takes',
        xml(...Array.from({ length: 21 }, (_, at) => `https://r${at}.example.com`)),
        ['--store', 'oss'],
        /has 21 rules, more than the 20 that OSS\s+takes/,
      ],
      [
        'more bytes than OSS takes',
        xml(...Array.from({ length: 9 }, (_, at) => `https://r${at}.${'x'.repeat(1900)}.example.com`)),
        ['--store', 'oss'],
        /more\s+than the 16384 that\s+OSS\s+takes/,
      ],
    ])('of %s stops before the write, and --force goes on', async (_, text, flags, named) => {
      const line = ['put', await file('errors.xml', text), store.url, '--yes', ...flags];
      const { code, stdout, stderr } = await run(line);
      expect(code).toBe(1);
      expect(stdout).toMatch(named);
      expect(stderr).toMatch(/nothing is written: the check found (an error|\d+ errors)/);
      expect(store.seen).toEqual(['GET']);
      expect(await run([...line, '--force'])).toMatchObject({ code: 0 });
    });

    test('of ResponseVary to a store s3 names what it cannot say', async () => {
      const { code, stderr } = await run(['put', at('two.xml'), store.url, '--store', 's3', '--yes']);
      expect(code).toBe(1);
      expect(stderr).toContain('only OSS has ResponseVary');
      expect(store.seen).toEqual(['GET']);
    });
  });

  describe('a question', () => {
    const asked = async (answers: readonly (string | null)[]) => {
      const questions: string[] = [];
      const ask = async (question: string) => {
        questions.push(question);
        return answers[questions.length - 1] ?? null;
      };
      return { ...(await run(['put', at('two.xml'), store.url], { ask })), questions };
    };

    test.each([[['y']], [['YES ']], [['what?', 'y']]])('answered %j is a yes', async (answers) => {
      const { code, questions } = await asked(answers);
      expect(code).toBe(0);
      expect(questions).toEqual(answers.map(() => `Write these rules to ${store.url}/?cors? (y/n)`));
      expect(originsIn(store.rules)).toHaveLength(2);
    });

    test.each([[['n']], [['No']], [[null]], [['', '', '']], [['q', 'w', 'e']]])(
      'answered %j leaves the rules as they are, and exits with 1',
      async (answers) => {
        const { code, stderr, questions } = await asked(answers);
        expect([code, stderr]).toEqual([1, 'bucket-cors: nothing is written.\n']);
        expect(questions).toHaveLength(answers.length);
        expect(store.seen).toEqual(['GET']);
      },
    );
  });

  describe('add', () => {
    const ADDED = ['--origin', 'https://b.example.com', '--method', 'GET', '--method', 'HEAD'];

    test('appends the rule of its flags', async () => {
      const line = [
        ...['add', store.url, ...ADDED, '--header', 'x-*', '--expose', 'ETag'],
        ...['--max-age', '60', '--id', 'mine', '--yes'],
      ];
      expect(await run(line)).toMatchObject({ code: 0, stderr: '' });
      const read = readDocument(store.rules ?? '', 'strict');
      expect(read.ok && read.ruleSet.responseVary).toBe(true);
      expect(read.ok && read.ruleSet.rules[1]).toEqual({
        id: 'mine',
        allowedOrigins: ['https://b.example.com'],
        allowedMethods: ['GET', 'HEAD'],
        allowedHeaders: ['x-*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      });
    });

    test('appends the rules of a file that the bucket has not, once', async () => {
      expect(await run(['add', at('two.xml'), store.url, '--yes'])).toMatchObject({ code: 0 });
      expect(originsIn(store.rules)).toEqual(['https://a.example.com', 'https://b.example.com']);
      expect(await run(['add', at('two.xml'), store.url])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('has these rules already'),
      });
    });

    test('to a bucket without rules writes the first one', async () => {
      store.rules = null;
      expect(await run(['add', store.url, ...ADDED, '--yes'])).toMatchObject({ code: 0 });
      expect(originsIn(store.rules)).toEqual(['https://b.example.com']);
    });

    test('is not stopped by an error in a rule that the bucket has already', async () => {
      store.rules = xml('https://old.example.com/');
      const { code, stdout } = await run(['add', store.url, ...ADDED, '--yes']);
      expect(code).toBe(0);
      expect(stdout).toContain('error BC101');
    });

    test('writes nothing where the bucket has a value that would be lost; --force loses it', async () => {
      store.rules = ONE.replace('</CORSRule>', '<AllowedMethod>COPY</AllowedMethod></CORSRule>');
      const { code, stderr } = await run(['add', store.url, ...ADDED, '--yes']);
      expect(code).toBe(1);
      expect(stderr).toContain('has a value that is not read at CORSRule[1]/AllowedMethod[3]');
      expect(store.seen).toEqual(['GET']);
      expect(await run(['add', store.url, ...ADDED, '--yes', '--force'])).toMatchObject({ code: 0 });
      expect(store.rules).not.toContain('COPY');
    });

    test('names faults by their flags, all at once', async () => {
      const line = [
        ...['add', store.url, '--origin', '**', '--method', 'get', '--max-age', '-1'],
        ...['--header', 'a*b*', '--expose', '*'],
      ];
      const { code, stderr } = await run(line);
      expect(code).toBe(2);
      for (const flag of ['origin', 'method', 'max-age', 'header', 'expose'])
        expect(stderr).toMatch(new RegExp(`^--${flag} "`, 'm'));
      expect(store.seen).toEqual([]);
    });
  });

  describe('delete', () => {
    test('shows what is lost, and removes all rules', async () => {
      const { code, stdout } = await run(['delete', store.url, '--store', 'oss', '--yes']);
      expect(code).toBe(0);
      expect(stdout).toContain('https://a.example.com loses GET and HEAD');
      expect(stdout).toContain(`Deleted: ${store.url}/?cors has no rules now.`);
      expect(store.rules).toBeNull();
      expect(store.seen).toEqual(['GET', 'GET', 'DELETE', 'GET']);
    });

    test('of no rules is done already', async () => {
      store.rules = null;
      expect(await run(['delete', store.url])).toMatchObject({ code: 0, stderr: '' });
      expect(store.seen).toEqual(['GET']);
    });

    test('removes a document that cannot be read', async () => {
      store.rules = '<CORSConfiguration><oops';
      expect(await run(['delete', store.url, '--yes'])).toMatchObject({ code: 0 });
      expect(store.rules).toBeNull();
    });

    test('without --yes deletes nothing', async () => {
      const { code, stderr } = await run(['delete', store.url]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('nothing is deleted')]);
      expect(store.rules).toBe(ONE);
    });
  });

  describe('copy', () => {
    let other: RulesStore;
    beforeEach(async () => {
      other = await openRulesStore(null);
    });
    afterEach(() => other.close());

    test('writes the rules to the other bucket', async () => {
      expect(await run(['copy', store.url, other.url, '--yes'])).toMatchObject({ code: 0, stderr: '' });
      expect(originsIn(other.rules)).toEqual(['https://a.example.com']);
      expect(store.seen).toEqual(['GET']);
    });

    test('from OSS to S3 shows what the rules mean there, and leaves out what S3 has not', async () => {
      const line = ['copy', store.url, other.url, '--from-store', 'oss', '--store', 's3', '--yes'];
      const { code, stdout, stderr } = await run(line);
      expect([code, stderr]).toEqual([0, 'bucket-cors: ResponseVary is left out: only OSS has it\n']);
      expect(stdout).toContain('The same rules mean something else at store s3 than at store oss');
      expect(stdout).toContain('Access-Control-Allow-Credentials: true');
      expect(other.rules).not.toContain('ResponseVary');
    });

    test('from S3 to OSS leaves out IDs', async () => {
      store.rules = `<CORSConfiguration>${rule('https://a.example.com', '<ID>one</ID>')}</CORSConfiguration>`;
      const line = ['copy', store.url, other.url, '--from-store', 's3', '--store', 'oss', '--yes'];
      const { code, stderr } = await run(line);
      expect([code, stderr]).toEqual([0, expect.stringContaining('IDs of rules are left out')]);
      expect(other.rules).not.toContain('<ID>');
    });

    test('of no rules writes nothing, and exits with 1', async () => {
      store.rules = null;
      other.rules = ONE;
      const { code, stderr } = await run(['copy', store.url, other.url, '--yes']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('has no rules: nothing is written')]);
      expect(other.rules).toBe(ONE);
    });
  });

  describe('a bucket that another writer changes', () => {
    test('before the write stays as it is, and the command exits with 1', async () => {
      store.before = (_request, _response, count) => {
        if (count === 2) store.rules = xml('https://other.example.com');
        return false;
      };
      const { code, stderr } = await run(['put', at('two.xml'), store.url, '--yes']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/has other rules than those that were read a moment ago: nothing is written/);
      expect(originsIn(store.rules)).toEqual(['https://other.example.com']);
    });

    test('after the write is reported', async () => {
      store.afterWrite = () => {
        store.rules = xml('https://other.example.com');
      };
      const { code, stderr } = await run(['put', at('two.xml'), store.url, '--yes']);
      expect(code).toBe(1);
      expect(stderr).toContain('took the write, and has other rules now: another write came after this one');
    });

    test('in a value that is not read stays as it is too', async () => {
      store.before = (_request, _response, count) => {
        if (count === 2)
          store.rules = ONE.replace('</CORSRule>', '<AllowedMethod>COPY</AllowedMethod></CORSRule>');
        return false;
      };
      expect(await run(['put', at('two.xml'), store.url, '--yes'])).toMatchObject({ code: 1 });
      expect(store.seen).toEqual(['GET', 'GET']);
    });

    test('only in its layout is the same', async () => {
      store.before = (_request, _response, count) => {
        if (count === 2) store.rules = ONE.replaceAll('><', '>\n<');
        return false;
      };
      expect(await run(['put', at('two.xml'), store.url, '--yes'])).toMatchObject({ code: 0 });
    });
  });

  test('rules that a store applies with delay, sorts and answers without IDs are in force', async () => {
    await file(
      'sorted.xml',
      '<CORSConfiguration><CORSRule><ID>x</ID><AllowedOrigin>https://z.example.com</AllowedOrigin><AllowedOrigin>https://a.example.com</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod><AllowedMethod>GET</AllowedMethod><ExposeHeader>b</ExposeHeader><ExposeHeader>a</ExposeHeader></CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>',
    );
    store.afterWrite = () => {
      store.rules = ONE;
      const from = store.seen.length;
      store.before = () => {
        if (store.seen.length === from + 3)
          store.rules =
            '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>https://a.example.com</AllowedOrigin><AllowedOrigin>https://z.example.com</AllowedOrigin><ExposeHeader>a</ExposeHeader><ExposeHeader>b</ExposeHeader></CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>';
        return false;
      };
    };
    expect(await run(['put', at('sorted.xml'), store.url, '--yes'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('a store that takes a write and never applies it is reported', async () => {
    store.afterWrite = () => {
      store.rules = ONE;
    };
    const { code, stderr } = await run(['put', at('two.xml'), store.url, '--yes']);
    expect(code).toBe(1);
    expect(stderr).toContain('took the write, and still answers the rules of before');
  });
});
