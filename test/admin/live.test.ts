import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { Hono } from 'hono/tiny';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBuckets } from '../../src/admin/buckets.ts';
import { createLive } from '../../src/admin/live.ts';
import { DOCTOR_ORIGIN } from '../../src/cors/names.ts';
import { disconnect } from '../../src/node/live.ts';
import { appListener } from '../../src/node/server/app-listener.ts';
import { createRefusals } from '../../src/rules/refusals.ts';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { createVersions } from '../../src/rules/versions.ts';
import { listen } from '../helpers/listen.ts';
import { until } from '../helpers/until.ts';
import { call, configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, rulesFor, type Store, UNAVAILABLE } from '../node/transport/_store.ts';
import { readEvents } from './_events.ts';

let store: Store;
let edge: Started;
beforeAll(async () => {
  store = await openStore(rulesFor('https://a.example'));
  edge = await startEdge(configOf({ bucket: store.url }));
  await until('the first load is over', () => edge.cache.status(keyOf(edge.bucket)).state === 'fresh');
});
afterAll(async () => {
  await edge.close();
  await store.close();
});

const refresh = () => edge.cache.refresh(edge.bucket);

describe('the live page reads from the admin port', () => {
  test('the rules of a bucket in the words of the console', async () => {
    const { status, json } = await edge.admin('/panel');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      state: 'fresh',
      source: { kind: 'bucket' },
      store: 'oss',
      version: expect.stringMatching(/^[0-9a-f]{16}$/),
      failure: null,
      rules: {
        rules: [expect.objectContaining({ sources: ['https://a.example'], allowedMethods: ['GET'] })],
        varyOrigin: false,
      },
    });
  });

  test('the names of the buckets, and 404 for an unknown one', async () => {
    const { json } = await edge.admin('/buckets');
    expect(json).toEqual({ buckets: [edge.bucket.name] });
    expect(await edge.admin('/panel?bucket=none')).toMatchObject({
      status: 404,
      json: { buckets: [edge.bucket.name] },
    });
  });

  test('the versions of the rules, and what differs between two', async () => {
    const [first] = (await versions()) as [Version];
    store.cors = { status: 200, body: rulesFor('https://b.example') };
    await refresh();
    const after = await versions();
    expect(after.map(({ isInForce }) => isInForce)).toEqual([true, false]);
    expect(after[1]).toMatchObject({ version: first.version, rules: 1 });
    const { json } = await edge.admin(`/diff?from=${first.version}&to=${after[0]?.version}`);
    expect(json).toEqual({
      changes: [
        {
          effect: 'allowed',
          isWider: true,
          sentence: expect.stringContaining('https://b.example may GET from now on'),
        },
        {
          effect: 'refused',
          isWider: false,
          sentence: expect.stringContaining('https://a.example loses GET'),
        },
      ],
      complete: true,
    });
    expect(await edge.admin(`/diff?from=${first.version}&to=nothing`)).toMatchObject({
      status: 404,
      json: { faults: [expect.objectContaining({ place: 'to', value: 'nothing' })] },
    });
  });

  test('refusals in groups, each with the change that would allow it', async () => {
    const events = await readEvents(edge.adminUrl);
    expect(await events.next('refusals')).toEqual([]);
    const preflight = {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://b.example',
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'x-b,x-a',
      },
    };
    // doctor asks as a foreign origin on purpose: that is no group.
    await edge.call('/file', { ...preflight, headers: { ...preflight.headers, Origin: DOCTOR_ORIGIN } });
    await edge.call('/file', { headers: { Origin: DOCTOR_ORIGIN } });
    await edge.call('/file?secret=1', preflight);
    await edge.call('/other', preflight);
    const group = {
      id: '1',
      bucket: edge.bucket.name,
      kind: 'preflight',
      origin: 'https://b.example',
      method: 'PUT',
      headers: ['x-a', 'x-b'],
      reason: 'method_not_allowed',
      because: expect.stringContaining('PUT'),
      firstAt: expect.stringMatching(/Z$/),
      lastAt: expect.stringMatching(/Z$/),
      count: 2,
      path: '/other',
      cure: {
        sentence: 'Add a rule that lets https://b.example PUT with x-a and x-b.',
        rules: expect.objectContaining({ rules: [expect.anything(), expect.anything()] }),
        changes: [expect.objectContaining({ isWider: true, sentence: expect.stringContaining('may PUT') })],
      },
    };
    expect(await events.next('refusal')).toEqual(group);
    const { json } = await edge.admin('/refusals');
    expect(json).toEqual({ groups: [group], dropped: 0 });
    const late = await readEvents(edge.adminUrl);
    expect(await late.next('refusals')).toEqual([group]);
    for (const open of [events, late]) open.close();
  });

  test('what rules in a draft would mean', async () => {
    const { status, json } = await post('/draft', {
      rules: [rule({ sources: ['https://b.example', 'https://c.example/'] }), rule({ sources: ['*'] })],
      varyOrigin: true,
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      isRefused: false,
      complete: true,
      document: expect.stringContaining('<ResponseVary>true</ResponseVary>'),
    });
    expect(json.findings).toContainEqual(
      expect.objectContaining({ rule: 1, field: 'sources', value: 'https://c.example/', code: 'BC101' }),
    );
    expect(json.changes).toContainEqual(
      expect.objectContaining({ effect: 'answered', sentence: expect.stringContaining('Vary: Origin') }),
    );
  });

  test('what a store would refuse in a draft, beside its field', async () => {
    const { status, json } = await post('/draft', {
      rules: [rule({}), rule({ allowedMethods: ['PATCH'], sources: [] })],
      varyOrigin: false,
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({ isRefused: true, document: null, changes: [] });
    expect(json.findings).toEqual([
      expect.objectContaining({ severity: 'error', rule: 2, field: 'sources' }),
      expect.objectContaining({ severity: 'error', rule: 2, field: 'allowedMethods', value: 'PATCH' }),
    ]);
  });

  test.each([
    [[], 'body'],
    [{ rules: [] }, 'varyOrigin'],
    [{ rules: [{}], varyOrigin: false }, 'rules[1]/sources'],
    [{ rules: [rule({ sources: [1] })], varyOrigin: false }, 'rules[1]/sources[1]'],
    [{ rules: [{ ...rule({}), source: [] }], varyOrigin: false }, 'rules[1]/source'],
  ])('400 to a draft of another form: %j', async (body, place) => {
    const { status, json } = await post('/draft', body);
    expect(status).toBe(400);
    expect(json.faults).toContainEqual({
      ...{ place, reason: expect.any(String), write: expect.any(String) },
      ...((json.faults as { value?: string }[])[0]?.value !== undefined && { value: expect.any(String) }),
    });
  });

  test('400 to a draft with lists nested deeper than the stack', async () => {
    const body = `{"rules": [${'['.repeat(60_000)}${']'.repeat(60_000)}], "varyOrigin": false}`;
    const answer = await fetch(`${edge.adminUrl}/draft`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { faults: [expect.objectContaining({ place: 'rules[1]', value: '[…]' })] },
    ]);
  });

  test('413 to a body that is too large, and 400 to one that is not JSON', async () => {
    expect(await post('/draft', 'x'.repeat(200_000))).toMatchObject({ status: 413 });
    expect(await post('/ask', 'curl', 'curl')).toMatchObject({ status: 400 });
  });

  test('403 to what pages of other origins write', async () => {
    for (const [method, path] of [
      ['POST', '/draft'],
      ['POST', '/ask'],
      ['PUT', '/panel'],
    ] as const) {
      const headers = { Origin: 'https://b.example', 'Sec-Fetch-Site': 'cross-site' };
      expect(await edge.call(edge.adminUrl + path, { method, headers, body: '{}' })).toMatchObject({
        status: 403,
      });
      const own = { Origin: edge.adminUrl, 'Sec-Fetch-Site': 'same-origin' };
      const answered = await edge.call(edge.adminUrl + path, { method, headers: own, body: '{}' });
      expect(answered.text).not.toContain('not for pages');
    }
  });

  test('503 to a client of the events beyond the most, until another leaves', async () => {
    const open = await Promise.all(Array.from({ length: 20 }, () => readEvents(edge.adminUrl)));
    expect(open.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(open[0]?.type).toBe('text/event-stream; charset=utf-8');
    const refused = await readEvents(edge.adminUrl);
    expect(refused.status).toBe(503);
    for (const one of open) one.close();
    const again = async () => {
      const one = await readEvents(edge.adminUrl);
      one.close();
      return one.status === 200;
    };
    await until('there is room again', again);
  });

  test('an event when the rules or their state change', async () => {
    const events = await readEvents(edge.adminUrl);
    store.cors = UNAVAILABLE;
    await refresh();
    expect(await events.next('rules')).toEqual({ bucket: edge.bucket.name });
    const { json } = await edge.admin('/panel');
    expect(json).toMatchObject({ state: 'stale', failure: { cause: expect.any(String) } });
    events.close();
  });
});

const rule = (given: Readonly<Record<string, unknown>>) => ({
  id: null,
  sources: ['https://b.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposedHeaders: [],
  cacheTimeout: null,
  ...given,
});

async function post(path: string, body: unknown, text = JSON.stringify(body)) {
  const answered = await edge.call(edge.adminUrl + path, { method: 'POST', body: text });
  return { status: answered.status, json: JSON.parse(answered.text) as Record<string, unknown> };
}

interface Version {
  readonly version: string;
  readonly isInForce: boolean;
}

const versions = async (): Promise<readonly Version[]> =>
  (await edge.admin('/versions')).json as unknown as readonly Version[];

test('a client of the events that does not read is disconnected, and its place among connections is free', async () => {
  const app = new Hono();
  const live = createLive({
    cache: edge.cache,
    versions: createVersions(),
    refusals: createRefusals(),
    bucketOf: () => null,
    editorOf: () => 'not here',
    streams: { waiting: 1_000 },
    disconnect,
  });
  live.routes(app, findBuckets({ buckets: () => [edge.bucket] }));
  const server = createServer({ keepAliveTimeout: 600_000 }, appListener(app));
  const client = connect(await listen(server), '127.0.0.1').pause();
  try {
    client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(server, 'request');
    const connections = promisify(server.getConnections.bind(server));
    expect(await connections()).toBe(1);
    // More than the system takes for the client.
    for (let at = 0; at < 1_000; at += 1) live.changed(edge.bucket);
    await until('the connection has ended', async () => (await connections()) === 0);
  } finally {
    live.close();
    client.destroy();
    server.close();
  }
});

test('a secret in an Origin is in no refusal, event or log line', async () => {
  const events = await readEvents(edge.adminUrl);
  try {
    for (const origin of [
      'https://u:geheim@x.example',
      'https://x.example?tok=geheim',
      'https://x.example#geheim',
    ])
      for (const headers of [{}, { 'Access-Control-Request-Method': 'PUT' }])
        await call(`${edge.url}/a`, {
          method: 'Access-Control-Request-Method' in headers ? 'OPTIONS' : 'GET',
          headers: { Origin: origin, Cookie: 'a=b', ...headers },
        });
    const shown = 'https://…@x.example';
    const list = async () => (await edge.admin('/refusals')).text;
    await until('they are refusals', async () => (await list()).split('"origin"').length > 6);
    expect(await list()).toContain(`No rule lists the origin ${shown}`);
    await until('they are events', () => JSON.stringify(events.all).includes(shown));
    expect(edge.text.join('')).toContain(`No rule lists the origin ${shown}`);
    expect((await list()) + JSON.stringify(events.all) + edge.text.join('')).not.toContain('geheim');
    // The origin is not known exactly, so no change of the rules would allow it.
    const groups: { origin: string; cure: unknown }[] = JSON.parse(await list()).groups;
    expect(groups.filter(({ origin }) => origin.includes('…')).map(({ cure }) => cure)).toEqual(
      Array(6).fill(null),
    );
  } finally {
    events.close();
  }
});
