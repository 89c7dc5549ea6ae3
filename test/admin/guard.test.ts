import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';

const TOKEN = 'the-token-of-the-admin-port';
const METRICS = 'the-token-of-metrics-alone';
const GUARDED = [
  '/',
  '/rules',
  '/explain?origin=https://a.example',
  '/nothing',
  '/healthz/',
  '/readyz/x',
  '/metrics/',
];
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const basic = (token: string) => ({ Authorization: `Basic ${btoa(`admin:${token}`)}` });

let store: Store;
let folder = '';
beforeAll(async () => {
  store = await openStore(rulesFor('https://a.example'));
  folder = await mkdtemp(join(tmpdir(), 'guard-'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Starts an edge for a group, with these options of the admin port. */
function useEdge(options: () => Record<string, string>): {
  ask: (path: string, headers?: Record<string, string>, method?: string) => ReturnType<typeof call>;
  edge: () => Started;
} {
  let edge: Started;
  beforeAll(async () => {
    edge = await startEdge(configOf({ bucket: store.url, ...options() }), { T: TOKEN, M: METRICS });
  });
  afterAll(() => edge.close());
  return {
    ask: (path, headers = {}, method = 'GET') => call(edge.adminUrl + path, { method, headers }),
    edge: () => edge,
  };
}

describe('an admin port with a token', () => {
  const { ask, edge } = useEdge(() => ({ adminToken: 'env:T' }));

  test.each(GUARDED)('answers 401 to %s, with what to send, and no cache stores it', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
      const { status, headers, text } = await ask(path, {}, method);
      expect(status, method).toBe(401);
      expect(headers['www-authenticate']).toBe(
        'Basic realm="bucket-cors admin", charset="UTF-8", Bearer realm="bucket-cors admin"',
      );
      expect(headers['cache-control']).toBe('no-store');
      if (method !== 'HEAD')
        expect(JSON.parse(text)).toEqual({
          error: 'this needs the token of the admin port',
          cure: 'Send "Authorization: Bearer TOKEN". In a browser, write the token as the password.',
        });
    }
  });

  test.each(['/healthz', '/readyz', '/readyz?serving', '/metrics'])(
    'answers %s to everybody',
    async (path) => {
      // The rules may not be loaded yet.
      for (const headers of [{}, bearer('wrong')])
        expect((await ask(path, headers)).status).toBeOneOf(path === '/readyz' ? [200, 503] : [200]);
    },
  );

  test.each(['/', '/rules', '/metrics/', '/nothing'])('answers OPTIONS %s to everybody', async (path) => {
    const { status, headers, text } = await ask(path, {}, 'OPTIONS');
    expect({ status, allow: headers.allow, text }).toEqual({
      status: 204,
      allow: 'GET, HEAD, POST, PUT, OPTIONS',
      text: '',
    });
    expect(headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['a bearer token', bearer(TOKEN)],
    ['a password', basic(TOKEN)],
  ])('answers a request with it as %s', async (_, headers) => {
    expect((await ask('/rules', headers)).status).toBe(200);
    expect((await ask('/refresh', headers, 'POST')).status).toBe(200);
    expect((await ask('/nothing', headers)).status).toBe(404);
  });

  test('answers a wrong token after a second, and the right one at once meanwhile', async () => {
    const started = performance.now();
    const wrong = [bearer(`${TOKEN}x`), bearer(TOKEN.slice(1)), basic('x'), bearer(METRICS)].map(
      async (headers) => {
        const { status, text } = await ask('/rules', headers);
        expect(status).toBe(401);
        expect(JSON.parse(text)).toMatchObject({ error: 'this is not the token of the admin port' });
        return performance.now() - started;
      },
    );
    expect((await ask('/rules', bearer(TOKEN))).status).toBe(200);
    const right = performance.now() - started;
    const spent = await Promise.all(wrong);
    for (const one of spent) expect(one).toBeGreaterThan(990);
    expect(right).toBeLessThan(Math.min(...spent));
    const lines = edge()
      .logged()
      .filter(({ msg }) => msg.includes('wrong token'));
    expect(lines).toMatchObject([{ level: 'warn', client: '127.0.0.1' }]);
  });

  test('says no token in any answer or log line', async () => {
    const answers = await Promise.all([
      ask('/rules', bearer(TOKEN)),
      ask('/metrics'),
      ask('/nothing', basic(TOKEN)),
    ]);
    const said = JSON.stringify(answers) + edge().text.join('');
    expect(said).not.toContain(TOKEN);
    expect(said).not.toContain(btoa(`admin:${TOKEN}`));
  });

  test('lets its own page write, and no page of another origin', async () => {
    const { origin } = new URL(edge().adminUrl);
    const page = (from: string, site: string) => ({ ...basic(TOKEN), Origin: from, 'Sec-Fetch-Site': site });
    expect((await ask('/refresh', page(origin, 'same-origin'), 'POST')).status).toBe(200);
    // A proxy replaces the Host, as nginx does by default.
    expect((await ask('/refresh', page('https://edge.example', 'same-origin'), 'POST')).status).toBe(200);
    expect((await ask('/refresh', page('https://evil.example', 'cross-site'), 'POST')).status).toBe(403);
    expect((await ask('/refresh', page('http://127.0.0.1:1', 'same-site'), 'POST')).status).toBe(403);
  });
});

describe('an admin port with a token of its own for metrics', () => {
  const { ask } = useEdge(() => ({ adminToken: 'env:T', adminMetricsToken: 'env:M' }));

  test('gives metrics to either token alone', async () => {
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', bearer(METRICS))).status).toBe(200);
    expect((await ask('/metrics', basic(TOKEN))).status).toBe(200);
    expect((await ask('/metrics', bearer('wrong'))).status).toBe(401);
  });

  test('gives nothing else to the token of metrics', async () => {
    expect((await ask('/rules', bearer(METRICS))).status).toBe(401);
  });
});

describe('an admin port with a token for metrics alone', () => {
  const { ask } = useEdge(() => ({ adminMetricsToken: 'env:M' }));

  test('guards metrics, and nothing else', async () => {
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', bearer(METRICS))).status).toBe(200);
    expect((await ask('/rules')).status).toBe(200);
  });
});

describe('a token in a file', () => {
  const file = () => join(folder, 'token');
  beforeAll(() => writeFile(file(), `${TOKEN}\n`));
  const { ask, edge } = useEdge(() => ({ adminToken: `file:${file()}` }));

  test('is read at each use, and a faulty one opens nothing', async () => {
    expect((await ask('/rules', bearer(TOKEN))).status).toBe(200);
    await writeFile(file(), 'another-token-of-the-port');
    expect((await ask('/rules', bearer('another-token-of-the-port'))).status).toBe(200);
    expect((await ask('/rules', bearer(TOKEN))).status).toBe(401);
    for (const content of ['', 'short']) {
      await writeFile(file(), content);
      const { status, text } = await ask('/rules', bearer(content === '' ? 'x' : content));
      expect([status, JSON.parse(text)]).toEqual([
        503,
        { error: 'the token of the admin port cannot be looked up', cure: 'See the log.' },
      ]);
    }
    expect(
      edge()
        .logged()
        .filter(({ level }) => level === 'error'),
    ).toMatchObject([{ err: expect.stringMatching(/^the token file .*token is too short/) }]);
    await writeFile(file(), TOKEN);
    expect((await ask('/rules', bearer(TOKEN))).status).toBe(200);
  });
});
