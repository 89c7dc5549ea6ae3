import { describe, expect, test } from 'vitest';
import { rules } from '../../src/cli/rules.ts';
import { runCommand } from './_command.ts';

describe('a wrong line', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['without a verb', [], 'VERB … is missing'],
    ['with a misspelt verb', ['gte', 'oss://x'], 'VERB "gte" is not a verb of rules; write get'],
    ['without TARGET', ['get'], 'TARGET is missing'],
    ['without a rule', ['add', 'http://h.test'], '--origin is missing: a rule has at least one'],
    ['with a file and a rule', ['add', 'a.xml', 'http://h.test', '--id', 'x'], 'beside the flags of a rule'],
    ['with one word too many', ['get', 'http://h.test', 'b'], 'get "b" is one word too many'],
    ['with a flag of another verb', ['get', 'http://h.test', '--yes'], '--yes has a meaning only for rules'],
    [
      'with FROM flags without FROM',
      ['delete', 'http://h.test', '--from-store', 's3'],
      'only for rules copy',
    ],
    ['with its words changed over', ['put', 'oss://abc', 'a.xml'], 'FILE "oss://abc" is a bucket or an edge'],
    ['with a folder', ['get', './media'], 'TARGET is a folder'],
    ['with an address without a scheme', ['get', '127.0.0.1:9000/b'], 'write http://127.0.0.1:9000/b'],
    ['with the scheme of no store', ['get', 'ftp://h.test'], 'TARGET "ftp://h.test" has the scheme ftp:'],
    ['with an unknown form', ['get', 'http://h.test', '--to', 'yaml'], '--to "yaml" is not a form'],
    ['with a password', ['get', 'http://u:hush@h.test'], 'TARGET contains a user name or password'],
    ['with a wrong store', ['get', 'http://h.test', '--store', 'gcs'], '--store "gcs"'],
    [
      'with a wrong store of FROM',
      ['copy', 'http://h.test', 'http://i.test', '--from-store', 'x'],
      '--from-store "x"',
    ],
  ])('%s is a fault', async (_, line, named) => {
    const { code, stdout, stderr } = await runCommand(rules, line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain('hush');
  });

  test('names keys without the name and the region of both buckets', async () => {
    const env = { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'hush' };
    const { code, stderr } = await runCommand(rules, ['copy', 'http://h.test', 'http://i.test'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bucket-cors: --bucket-name is missing/m);
    expect(stderr).toMatch(/write --from-bucket-name my-bucket$/m);
    expect(stderr).not.toContain('hush');
  });
});
