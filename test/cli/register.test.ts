import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { admin, allows, type Edge, edges, linesWith } from './_edges.ts';
import { PATIENCE } from './_process.ts';
import { askForRules, KEYS_ENV, keepIn, OTHER_KEYS, originsAt, putRules } from './_rules-client.ts';

const all = edges();
const state = () => all.at('state');
const A = 'https://a.example';
const B = 'https://b.example';

const serve = (bucketUrl: string, ...args: string[]): Promise<Edge> =>
  all.serveWith({ env: KEYS_ENV }, ...keepIn(bucketUrl), '--state-dir', state(), ...args);

const end = async (edge: Edge): Promise<void> => {
  edge.child.kill('SIGTERM');
  await edge.code;
};

/** Connections are distributed in turn, so each worker process answers some of these requests. */
const allAllow = async (edge: Edge, origin: string): Promise<boolean> =>
  (await Promise.all(Array.from({ length: 6 }, () => allows(edge, origin)))).every((allowed) => allowed);

describe.each<[string, readonly string[]]>([
  ['one process', []],
  ['worker processes', ['--workers', '2']],
])('--management keep with a state directory, %s', (_, args) => {
  test('has written rules in force when the write is answered, and after a restart', async () => {
    const store = await all.store('https://bucket.example');
    const edge = await serve(store.url, ...args);
    expect(await originsAt(edge)).toBeNull();
    expect(await allows(edge, 'https://bucket.example')).toBe(false);
    await putRules(edge, A);
    expect([await allAllow(edge, A), await originsAt(edge)]).toEqual([true, [A]]);
    await putRules(edge, B, { keys: OTHER_KEYS });
    expect([await allAllow(edge, B), await allows(edge, A), await originsAt(edge)]).toEqual([
      true,
      false,
      [B],
    ]);
    await end(edge);
    const again = await serve(store.url, ...args);
    expect([await allAllow(again, B), await originsAt(again)]).toEqual([true, [B]]);
    expect((await askForRules(again.url, { method: 'DELETE' })).status).toBe(204);
    expect([await allows(again, B), await originsAt(again)]).toEqual([false, null]);
    await end(again);
    const last = await serve(store.url, ...args);
    expect([await allows(last, B), await originsAt(last)]).toEqual([false, null]);
    expect(store.seen.filter((request) => request.includes('cors'))).toEqual([]);
  });

  test('has the last good rules in force if the stored entry is lost, and answers 503 until a whole write', async () => {
    const store = await all.store('https://bucket.example');
    const edge = await serve(store.url, ...args);
    await putRules(edge, A);
    await end(edge);
    for (const name of await readdir(state()))
      if (name.startsWith('register-')) await rm(all.at('state', name));
    const again = await serve(store.url, ...args);
    expect([await allAllow(again, A), (await askForRules(again.url, { method: 'GET' })).status]).toEqual([
      true,
      503,
    ]);
    expect((await admin(again, '/rules')).json.buckets[0]).toMatchObject({
      state: 'stale',
      failure: { cause: `the state directory ${state()} has lost the rules of ${new URL(store.url).host}` },
    });
    await putRules(again, B);
    expect([await allAllow(again, B), await originsAt(again)]).toEqual([true, [B]]);
  });

  test('says on /rules and in the log who wrote them, and never a secret', async () => {
    const store = await all.store(A);
    const edge = await serve(store.url, ...args);
    await putRules(edge, B, { keys: OTHER_KEYS });
    const described = (await admin(edge, '/rules')).json.buckets[0];
    expect(described).toMatchObject({
      state: 'fresh',
      source: { kind: 'register', name: `the state directory ${state()}` },
      written: { by: 'LTAIother' },
    });
    expect(Math.abs(Date.parse(described.written.at) - Date.now())).toBeLessThan(60_000);
    await askForRules(edge.url, { method: 'DELETE' });
    await until('both writes are logged', () => linesWith(edge, /^rules written/).length === 2, PATIENCE);
    expect(linesWith(edge, /^rules written/)).toMatchObject([
      { level: 'info', bucket: described.bucket, key: 'LTAIother', rules: 1, version: described.version },
      { level: 'info', bucket: 'media', key: 'LTAIwriter', rules: 'deleted' },
    ]);
    const said = [edge.stdout(), edge.stderr(), JSON.stringify((await admin(edge, '/rules')).json)].join('');
    expect(said).not.toMatch(/hush|Signature/);
  });

  test('leaves the rules in force while the stored entry is damaged; the next write replaces it', async () => {
    const store = await all.store(A);
    const edge = await serve(store.url, ...args);
    await putRules(edge, A);
    const file = (await readdir(state())).find((name) => name.startsWith('register-')) ?? '';
    await writeFile(all.at('state', file), '{"format":1,');
    const { status, text } = await askForRules(edge.url, { method: 'GET' });
    expect([status, text]).toEqual([503, expect.stringContaining('<Code>ServiceUnavailable</Code>')]);
    await admin(edge, '/refresh', 'POST');
    expect(await allAllow(edge, A)).toBe(true);
    expect((await admin(edge, '/rules')).json.buckets[0]).toMatchObject({
      state: 'stale',
      failure: { cause: `${all.at('state', file)} is incomplete: it is not a JSON object` },
    });
    await putRules(edge, B);
    expect(await allAllow(edge, B)).toBe(true);
    expect(JSON.parse(await readFile(all.at('state', file), 'utf8'))).toMatchObject({ writer: 'LTAIwriter' });
  });
});
