import { expect, test } from 'vitest';
import { admin, type Edge, edges, linesWith, write } from './_edges.ts';

const all = edges();
const BUCKET = 'http://127.0.0.1:9';
const TOKEN = ['--rules-token', 'env:MY_TOKEN'];

/** Stops an edge and returns its warnings about cleartext. */
async function warned(edge: Edge): Promise<unknown[]> {
  // A response shows that the edge handles signals; when it prints its address, it may not do so yet.
  await admin(edge, '/readyz');
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe(0);
  return linesWith(edge, /in the clear/).map(({ level, msg }) => [level, msg]);
}

test.each<readonly [string, readonly string[], readonly string[]]>([
  [
    'over plain HTTP to another machine',
    ['--rules', 'http://rules.invalid:8000/r.xml?key=geheim', ...TOKEN],
    ['--rules-token: the token goes to rules.invalid:8000 in the clear; write an https:// URL for --rules'],
  ],
  ['over plain HTTP to this machine', ['--rules', 'http://127.0.0.1:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to localhost', ['--rules', 'http://localhost:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to this machine by IPv6', ['--rules', 'http://[::1]:9/r.xml', ...TOKEN], []],
  ['over plain HTTP to localhost with a dot', ['--rules', 'http://LocalHost.:9/r.xml', ...TOKEN], []],
  ['over HTTPS', ['--rules', 'https://rules.invalid/r.xml', ...TOKEN], []],
  ['that is not configured', ['--rules', 'http://rules.invalid/r.xml'], []],
])('the edge warns only of a token that goes out in the clear: a token %s', async (_, args, expected) => {
  const edge = await all.serve('--bucket', BUCKET, ...args);
  expect(await warned(edge)).toEqual(expected.map((message) => ['warn', message]));
});

test('the warning of a token in a configuration file has the bucket’s name', async () => {
  const rules = { rules: 'http://rules.invalid/r.xml', rulesToken: 'env:MY_TOKEN' };
  await write(all.at('edge.json'), { buckets: { media: { bucket: BUCKET, ...rules } } });
  const edge = await all.serve('--config', all.at('edge.json'));
  const message =
    'bucket media: rulesToken: the token goes to rules.invalid in the clear; write an https:// URL for rules';
  expect(await warned(edge)).toEqual([['warn', message]]);
});
