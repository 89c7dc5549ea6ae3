import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diff } from '../../src/cli/diff.ts';
import type { Rule } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import { rule } from '../helpers/rules.ts';
import { runCommand } from './_command.ts';

const A = 'https://a.example.com';
const page = (given: Partial<Rule> = {}): Rule =>
  rule({ allowedOrigins: [A], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [], ...given });

describe('the table of diff', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-diff-table-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const run = (...line: string[]) => runCommand(diff, line);

  test('of a hundred rules shows fifty sentences, and counts the others', async () => {
    const hundred = (maxAgeSeconds: number) =>
      Array.from({ length: 100 }, (_, at) =>
        page({ allowedOrigins: [`https://${at}.example.com`], maxAgeSeconds: maxAgeSeconds + at }),
      );
    for (const age of [6, 7])
      await writeFile(at(`${age}.xml`), toXml({ rules: hundred(age), responseVary: false }));
    const { stdout } = await run(at('6.xml'), at('7.xml'));
    expect(stdout.match(/^ {2}browsers cache preflights/gm)).toHaveLength(50);
    expect(stdout).toContain('\n  and 50 more\n\n100 answered otherwise (as stores oss and s3 answer)\n');
    const { stdout: json } = await run(at('6.xml'), at('7.xml'), '--format', 'json');
    expect(JSON.parse(json).changes).toHaveLength(100);
  });

  test('counts other answers to origins that no browser sends, beside other changes', async () => {
    const listing = (slash: string) =>
      toXml({
        rules: [page({ allowedOrigins: [`${A}${slash}`] }), page({ allowedOrigins: ['*'] })],
        responseVary: false,
      });
    await writeFile(at('slash.xml'), listing('/'));
    await writeFile(at('plain.xml'), listing(''));
    const { stdout } = await run(at('slash.xml'), at('plain.xml'));
    expect(stdout).toMatch(
      /\n {2}requests of https:\/\/a\.example\.com for GET [^;]+\n {2}\d more about origins that no browser sends\n/,
    );
    expect(stdout).not.toContain('no browser sends this origin');
  });
});
