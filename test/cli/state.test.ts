import { readdir, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { admin, allows, edges, linesWith, PORTS } from './_edges.ts';
import { ended, PATIENCE } from './_process.ts';

const all = edges();

describe('--state-dir', () => {
  const state = () => all.at('state');

  /** Serves once, stops the edge and closes the store. Returns the store's URL. */
  async function servedOnce(): Promise<string> {
    const one = await all.store('https://a.example');
    const edge = await all.serve('--bucket', one.url, '--state-dir', state());
    expect(await allows(edge, 'https://a.example')).toBe(true);
    const written = async () => (await readdir(state())).some((name) => name.startsWith('rules-'));
    await until('the file is written', written, PATIENCE);
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
    await all.end(one);
    return one.url;
  }

  test('serves the last good rules at once if the store is down at the next start', async () => {
    const edge = await all.serve('--bucket', await servedOnce(), '--state-dir', state());
    const preflight = await call(`${edge.url}/x`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://a.example');
    const failed = async () => /ECONNREFUSED/.test(JSON.stringify((await admin(edge, '/rules')).json));
    await until('the load has failed', failed, PATIENCE);
    const { status, json } = await admin(edge, '/readyz');
    expect([status, json.status]).toEqual([200, 'degraded']);
    expect(json.reasons).toEqual([expect.stringContaining('last good rules')]);
  });

  test('is written again by the next load or /refresh after its file or the directory is deleted', async () => {
    const one = await all.store('https://a.example');
    const files = async () =>
      (await readdir(state()).catch(() => [])).filter((name) => name.startsWith('rules-'));
    const written = async () => (await files()).length === 1;
    const edge = await all.serve('--bucket', one.url, '--state-dir', state(), '--rules-ttl', '1s');
    await until('the file is written', written, PATIENCE);
    await rm(all.at('state', ...(await files())));
    await until('the file is written by the next load', written, PATIENCE);
    await rm(state(), { recursive: true });
    await admin(edge, '/refresh', 'POST');
    await until('the directory is created again', written, PATIENCE);
    expect((await admin(edge, '/readyz')).json).toEqual({ status: 'ready', reasons: [] });
  });

  test('ignores a corrupted file, with a warning that names it', async () => {
    const url = await servedOnce();
    const [name = ''] = (await readdir(state())).filter((entry) => entry.startsWith('rules-'));
    await writeFile(all.at('state', name), '{"format": 1, "half');
    const edge = await all.serve('--bucket', url, '--state-dir', state());
    await until('the warning is logged', () => linesWith(edge, /is ignored until/).length > 0, PATIENCE);
    expect(linesWith(edge, /is ignored until/)).toEqual([
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining(all.at('state', name)) }),
    ]);
    await until('the load has failed', async () => (await admin(edge, '/readyz')).status === 503, PATIENCE);
    expect(await allows(edge, 'https://a.example')).toBe(false);
  });

  test('is refused if it cannot be created', async () => {
    await writeFile(all.at('plain'), '');
    const args = ['--bucket', 'http://127.0.0.1:9', '--state-dir', all.at('plain', 'state')];
    const { code, lines } = await ended(['serve', ...PORTS, ...args]);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^bucket-cors: state directory .*ENOTDIR/)]);
  });
});
