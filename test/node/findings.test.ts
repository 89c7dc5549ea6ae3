import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { configOf, type Started, startEdge } from './_running.ts';
import { openStore, type Store } from './transport/_store.ts';

let folder = '';
let store: Store;
const open: Started[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'findings-'));
  store = await openStore(documentFor('https://a.example'));
});
afterEach(async () => {
  for (const edge of open.splice(0)) await edge.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** A rule with nothing to find but its origin. */
const ruleFor = (origin: string): string =>
  `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>` +
  '<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>';
const documentFor = (...origins: readonly string[]): string =>
  `<CORSConfiguration>${origins.map(ruleFor).join('')}<ResponseVary>true</ResponseVary></CORSConfiguration>`;

async function running(options: Record<string, string> = {}): Promise<Started> {
  const edge = await startEdge(configOf({ bucket: store.url, rulesTtl: '1h', ...options }));
  open.push(edge);
  await until('rules are loaded', () => loaded(edge).length > 0);
  return edge;
}

/** A file with these rules. */
async function fileWith(text: string): Promise<string> {
  const file = join(folder, 'rules.xml');
  await writeFile(file, text);
  return file;
}

const loaded = (edge: Started) => edge.logged().filter(({ msg }) => msg === 'rules loaded');
const findings = (edge: Started) => edge.logged().filter(({ msg }) => msg === 'rules: finding');
const shown = async (edge: Started) => {
  const { json } = await edge.admin('/rules');
  return (json.buckets as { warnings: unknown[] }[])[0]?.warnings;
};

const FAULTS: readonly [fault: string, code: string, origins: readonly string[], place: string][] = [
  ['a trailing slash', 'BC101', ['https://app.example.com/'], 'CORSRule[1]/AllowedOrigin[1]'],
  ['a missing scheme', 'BC102', ['https://a.example', 'app.example.com'], 'CORSRule[2]/AllowedOrigin[1]'],
  ['a default port', 'BC103', ['https://app.example.com:443'], 'CORSRule[1]/AllowedOrigin[1]'],
  ['capitals', 'BC104', ['https://App.example.com'], 'CORSRule[1]/AllowedOrigin[1]'],
  ['a path', 'BC101', ['https://app.example.com/files'], 'CORSRule[1]/AllowedOrigin[1]'],
  ['a list', 'BC106', ['https://app.example.com,https://b.example'], 'CORSRule[1]/AllowedOrigin[1]'],
  ['a rule that no request reaches', 'BC303', ['*', 'https://a.example'], 'CORSRule[2]'],
];

describe('rules in a file with a fault', () => {
  test.each(FAULTS)(
    '%s: %s is logged once and stands in /rules, with its place',
    async (_, code, origins, place) => {
      const edge = await running({ rules: await fileWith(documentFor(...origins)) });
      const expected = { code, severity: expect.stringMatching(/^(error|warning)$/), place };
      const one = expect.objectContaining({
        ...expected,
        reason: expect.any(String),
        write: expect.any(String),
      });
      expect(await shown(edge)).toEqual(expect.arrayContaining([one]));
      expect(findings(edge)).toEqual(expect.arrayContaining([one]));
      const before = findings(edge).length;
      await edge.cache.refresh(edge.bucket);
      await edge.admin('/refresh', 'POST');
      expect(findings(edge)).toHaveLength(before);
      for (const line of findings(edge))
        expect(line).toMatchObject({ level: 'warn', version: loaded(edge)[0]?.version });
    },
  );

  test('is logged again after an edit that leaves it, and not after one that removes it', async () => {
    const slashes = (edge: Started) => findings(edge).map(({ value }) => value);
    const file = await fileWith(documentFor('https://a.example/'));
    const edge = await running({ rules: file });
    expect(slashes(edge)).toEqual(['https://a.example/']);
    await fileWith(documentFor('https://b.example/'));
    await until('the edit is loaded', () => loaded(edge).length === 2);
    expect(slashes(edge)).toEqual(['https://a.example/', 'https://b.example/']);
    await fileWith(documentFor('https://b.example'));
    await until('the correction is loaded', () => loaded(edge).length === 3);
    expect(slashes(edge)).toHaveLength(2);
    expect(await shown(edge)).toEqual([]);
  });

  test('has its place in the names of the document, JSON too', async () => {
    const json = { CORSRules: [{ AllowedOrigins: ['https://a.example/'], AllowedMethods: ['GET', 'HEAD'] }] };
    const edge = await running({ rules: JSON.stringify(json) });
    expect(await shown(edge)).toMatchObject([{ code: 'BC101', place: 'CORSRules[1]/AllowedOrigins[1]' }]);
  });
});

test('a clean document causes no finding', async () => {
  const edge = await running();
  expect([findings(edge), await shown(edge)]).toEqual([[], []]);
});

test('a PUT of rules through the edge has their findings logged', async () => {
  const edge = await running();
  store.cors = { status: 200, body: documentFor('https://a.example/') };
  expect((await edge.call('/?cors', { method: 'PUT', body: store.cors.body })).status).toBe(200);
  await until('the finding is logged', () => findings(edge).length === 1);
  expect(await shown(edge)).toMatchObject([{ code: 'BC101', value: 'https://a.example/' }]);
});

test('a wildcard as wide as a public suffix is found by the public suffix list', async () => {
  const edge = await running({ rules: documentFor('https://*.github.io') });
  expect(await shown(edge)).toMatchObject([{ code: 'BC108', value: 'https://*.github.io' }]);
});

describe('a state directory', () => {
  const slash = { code: 'BC101', place: 'CORSRule[1]/AllowedOrigin[1]', value: 'https://a.example/' };
  const state = () => join(folder, 'state');
  const stored = async () => {
    const names = (await readdir(state()).catch(() => [])).filter((name) => name.startsWith('rules-'));
    return names[0] === undefined ? '' : readFile(join(state(), names[0]), 'utf8');
  };

  test('has no findings in its file; an edge that starts from it while the store is down checks the rules', async () => {
    store.cors = {
      status: 200,
      body: documentFor('https://a.example/').replace(
        '</CORSRule>',
        '<AllowedMethod>COPY</AllowedMethod></CORSRule>',
      ),
    };
    const first = await running({ stateDir: state() });
    await until('the file is written', async () => (await stored()) !== '');
    expect(await stored()).not.toContain('BC101');
    await first.close();
    store.cors = { status: 503, body: '' };
    const second = await running({ stateDir: state() });
    const skipped = { place: 'CORSRule[1]/AllowedMethod[3]', value: 'COPY' };
    expect(await shown(second)).toEqual(
      expect.arrayContaining([expect.objectContaining(slash), expect.objectContaining(skipped)]),
    );
    await until(
      'the load has failed',
      async () => (await second.admin('/readyz')).json.status === 'degraded',
    );
    expect(findings(second).filter(({ code }) => code === 'BC101')).toHaveLength(1);
  });
});
