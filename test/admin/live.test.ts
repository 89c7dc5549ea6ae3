import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { until } from '../helpers/until.ts';
import { configOf, type Started, startEdge } from '../node/_running.ts';
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
      json: { error: expect.stringContaining('?to=VERSION') },
    });
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

interface Version {
  readonly version: string;
  readonly isInForce: boolean;
}

const versions = async (): Promise<readonly Version[]> =>
  (await edge.admin('/versions')).json as unknown as readonly Version[];
