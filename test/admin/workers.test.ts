import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PORTS } from '../cli/_edges.ts';
import { run } from '../cli/_process.ts';
import { until } from '../helpers/until.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { readEvents } from './_events.ts';
import { allows, lets, panelAt, TOKEN } from './_panel.ts';

describe('an edge with worker processes', () => {
  let store: Store;
  let state: string;
  beforeAll(async () => {
    store = await openStore(rulesFor('https://a.example'));
    state = await mkdtemp(join(tmpdir(), 'saved-'));
  });
  afterAll(async () => {
    await store.close();
    await rm(state, { recursive: true });
  });

  async function started() {
    const edge = run(
      [
        'serve',
        ...PORTS,
        ...['--bucket', store.url, '--bucket-name', 'media', '--region', 'cn-hangzhou'],
        ...['--management', 'keep', '--state-dir', state, '--workers', '2'],
        ...['--admin-token', 'env:ADMIN_TOKEN'],
      ],
      { env: { ADMIN_TOKEN: TOKEN, OSS_ACCESS_KEY_ID: 'LTAIa', OSS_ACCESS_KEY_SECRET: 'b' }, limit: 30_000 },
    );
    const [edgeUrl, adminUrl] = [await edge.address('edge'), await edge.address('admin')];
    return { edge, edgeUrl, adminUrl };
  }

  test('saves rules that it stores on the version that was read, in force in all processes before the answer', async () => {
    const { edge, edgeUrl, adminUrl } = await started();
    const panel = panelAt(adminUrl);
    const first = await panel.read();
    expect(first.json.edit).toEqual({ possible: true, where: 'edge' });
    const saved = await panel.save(lets('https://b.example'), first.json.version);
    expect(saved).toMatchObject({ status: 200, json: { rules: lets('https://b.example'), state: 'fresh' } });
    for (let turn = 0; turn < 8; turn += 1) expect(await allows(edgeUrl, 'https://b.example')).toBe(true);
    const late = await panel.save(lets('https://c.example'), first.json.version);
    expect(late).toMatchObject({ status: 412, json: { error: expect.stringContaining(saved.json.version) } });
    const two = [lets('https://c.example'), lets('https://d.example')];
    const both = await Promise.all(two.map((rules) => panel.save(rules, saved.json.version)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const now = await panel.read();
    const tooMany = {
      ...lets(),
      rules: Array.from({ length: 11 }, () => lets('https://e.example').rules).flat(),
    };
    expect(await panel.save(tooMany, now.json.version)).toMatchObject({
      status: 422,
      json: {
        isRefused: true,
        findings: expect.arrayContaining([
          expect.objectContaining({
            severity: 'error',
            reason: expect.stringContaining('CORSRuleBeyondLimit'),
          }),
        ]),
      },
    });
    expect(await panel.save({ rules: [], varyOrigin: false }, now.json.version)).toMatchObject({
      status: 200,
      json: { rules: null },
    });
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
  });

  test('counts the refusals of all of them, and ends streams of events before the drain', async () => {
    const { edge, edgeUrl, adminUrl } = await started();
    const events = await readEvents(adminUrl, { Authorization: `Bearer ${TOKEN}` });
    for (let turn = 0; turn < 6; turn += 1)
      expect(await allows(edgeUrl, 'https://refused.example')).toBe(false);
    const counted = () => events.all.filter(({ event }) => event === 'refusal').map(({ data }) => data);
    await until('all six are counted', () => isAbout(counted().at(-1), { count: 6, reason: 'no_rules' }));
    const began = performance.now();
    edge.child.kill('SIGTERM');
    await events.ended;
    expect(await edge.code).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

const isAbout = (group: unknown, expected: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(expected).every(([key, value]) => (group as Record<string, unknown>)?.[key] === value);
