import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rules } from '../../src/cli/rules.ts';
import { runCommand } from '../cli/_command.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce, RULES } from './_rules.ts';
import { useWays, WAYS, type Way } from './_ways.ts';

const ways = useWays('command');
const [DIRECT, BY_PATH] = WAYS;

/** Runs the command with the keys of the gateway; it must end well. */
async function run(way: Way, ...words: readonly string[]): Promise<string> {
  const target = `s3://${way.bucket}?endpoint=${way.endpoint}`;
  const { code, stdout, stderr } = await runCommand(rules, [...words, '--bucket', target], {
    env: { AWS_ACCESS_KEY_ID: way.keys.accessKey, AWS_SECRET_ACCESS_KEY: way.keys.secretKey },
  });
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

function fileOf(document: unknown): string {
  const file = join(ways.folder(), 'rules.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe.skipIf(SKIPPED).each([DIRECT, BY_PATH])('the command rules, %s,', (name) => {
  test('puts, replaces and deletes rules', () =>
    expectRulesInForce(ways.way(name), ways.witness, {
      put: (way, document) => run(way, 'put', fileOf(document), '--yes'),
      get: (way) => run(way, 'get'),
      remove: (way) => run(way, 'delete', '--yes'),
    }));

  test('appends a rule, and knows rules whose values the gateway has sorted', async () => {
    const way = ways.way(name);
    const [first] = RULES.CORSRules;
    const unsorted = { ...first, AllowedOrigins: ['https://z.example.com', 'https://a.example.com'] };
    const file = fileOf({ CORSRules: [unsorted] });
    await run(way, 'put', file, '--yes');
    expect(await run(way, 'put', file)).toContain('has these rules already');
    const added = ['--origin', 'https://new.example.com', '--method', 'GET', '--method', 'HEAD'];
    expect(await run(way, 'add', ...added, '--yes')).toContain('has 2 rules now');
  });
});
