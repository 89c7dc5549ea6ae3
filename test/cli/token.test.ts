import { expect, test } from 'vitest';
import { admin, type Edge, edges, linesWith, write } from './_edges.ts';

const all = edges();
const BUCKET = 'http://127.0.0.1:9';
const TOKEN = ['--rules-token', 'env:MY_TOKEN'];

/** What an edge has warned of by its end; the rest of its log has come by then. */
async function warned(edge: Edge): Promise<unknown[]> {
  // By its answer it listens to signals too; when it says its address it may not yet.
  await admin(edge, '/readyz');
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe(0);
  return linesWith(edge, /in the clear/).map(({ level, msg }) => [level, msg]);
}

test.each<readonly [string, readonly string[], readonly string[]]>([
  [
    'over plain HTTP to another machine is warned of',
    ['--rules', 'http://rules.invalid:8000/r.xml?key=geheim', ...TOKEN],
    ['--rules-token: the token goes to rules.invalid:8000 in the clear; write an https:// URL for --rules'],
  ],
  ['over plain HTTP to this machine is not', ['--rules', 'http://127.0.0.1:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to localhost is not', ['--rules', 'http://localhost:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to this machine by IPv6 is not', ['--rules', 'http://[::1]:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to localhost with a dot is not', ['--rules', 'http://LocalHost.:9/r.xml', ...TOKEN], []],
  ['over HTTPS is not', ['--rules', 'https://rules.invalid/r.xml', ...TOKEN], []],
  ['that nobody has is not', ['--rules', 'http://rules.invalid/r.xml'], []],
])('a token %s', async (_, args, expected) => {
  const edge = await all.serve('--bucket', BUCKET, ...args);
  expect(await warned(edge)).toEqual(expected.map((message) => ['warn', message]));
});

test('a token of a bucket in a configuration file is warned of by the bucket’s name', async () => {
  const rules = { rules: 'http://rules.invalid/r.xml', rulesToken: 'env:MY_TOKEN' };
  await write(all.at('edge.json'), { buckets: { media: { bucket: BUCKET, ...rules } } });
  const edge = await all.serve('--config', all.at('edge.json'));
  const message =
    'bucket media: rulesToken: the token goes to rules.invalid in the clear; write an https:// URL for rules';
  expect(await warned(edge)).toEqual([['warn', message]]);
});
