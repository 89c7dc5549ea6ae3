import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { call as callAny } from '../../helpers/client.ts';
import { KEYS, signed, type ToSign } from '../../helpers/signed.ts';
import { openSignedStore } from '../../helpers/signed-store.ts';
import { rulesFor } from '../transport/_store.ts';
import { openManyBuckets, type StoreEdge, startWith } from './_store.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const REGION = 'us-east-1';
const ENV = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function edgeOf(entry: object, options: Record<string, string> = {}): Promise<StoreEdge> {
  const edge = await startWith({ store: entry }, { rulesTtl: '1h', ...options }, { env: ENV });
  closing.push(edge.close);
  return edge;
}

/** Sends a request that a key has signed for the name of the edge; returns its status and its text. */
async function ask({ url }: StoreEdge, request: Omit<ToSign, 'host'> & { readonly host?: string }) {
  const { host } = new URL(url);
  const sent = await signed('SigV4 header with the hash of the body', { host, region: REGION, ...request });
  const { status, body } = await callAny(url, sent);
  return { status, text: String(body) };
}

describe('rules of the buckets of a store that clients write', () => {
  async function opened() {
    const folder = await mkdtemp(join(tmpdir(), 'store-keep-'));
    closing.push(() => rm(folder, { recursive: true, maxRetries: 5 }));
    const store = await openManyBuckets({ one: null, two: null, 'team:one': null });
    closing.push(store.close);
    const serve = () => edgeOf({ url: store.url, management: 'keep' }, { stateDir: folder });
    return { folder, store, serve, edge: await serve() };
  }

  test('are those of their own bucket, and survive a restart', async () => {
    const { edge, store, serve } = await opened();
    const put = (target: string, origin: string) =>
      ask(edge, { method: 'PUT', target, bucket: target.slice(1, 4), body: rulesFor(origin) });
    expect((await put('/one?cors', A)).status).toBe(200);
    expect((await put('/two/?cors=', B)).status).toBe(200);
    expect((await put('/team%3Aone?cors', B)).status).toBe(200);
    for (const running of [edge, await serve()]) {
      expect(await running.allows('one', A)).toBe(true);
      expect(await running.allows('one', B)).toBe(false);
      expect(await running.allows('two', B)).toBe(true);
      expect(await running.allows('team%3Aone', B)).toBe(true);
    }
    expect((await ask(edge, { method: 'DELETE', target: '/one?cors', bucket: 'one' })).status).toBe(204);
    expect(await edge.allows('one', A)).toBe(false);
    expect(store.rulesAsked).toEqual([]);
    expect(store.seen.some(({ target }) => target.includes('cors'))).toBe(false);
  });

  test('are not read or written with a signature of another bucket, or without one', async () => {
    const { edge, store } = await opened();
    const body = rulesFor(A);
    const { host } = new URL(edge.url);
    const sent = await signed('SigV4 header with the hash of the body', {
      method: 'PUT',
      target: '/one?cors',
      host,
      region: REGION,
      body,
    });
    for (const target of ['/two?cors', '/team%3Aone?cors', '/one/?cors', '//one?cors', '/two/../one?cors'])
      expect((await callAny(edge.url, { ...sent, target })).status, target).toBeGreaterThanOrEqual(400);
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await callAny(edge.url, { method, target: '/one?cors' })).status).toBe(403);
    for (const bucket of ['one', 'two']) expect(await edge.allows(bucket, A)).toBe(false);
    expect(store.seen.every(({ target }) => target.endsWith('/x'))).toBe(true);
  });

  test('invented names leave nothing in the folder, and are no series', async () => {
    const { edge, folder } = await opened();
    expect(
      (await ask(edge, { method: 'PUT', target: '/one?cors', bucket: 'one', body: rulesFor(A) })).status,
    ).toBe(200);
    for (let at = 0; at < 20; at += 1) await edge.call(`/invented-${at}/k`);
    await edge.close();
    expect((await readdir(folder)).filter((name) => name.includes('invented'))).toEqual([]);
  });
});

describe('objects of the buckets of a store', () => {
  async function signedStore() {
    const store = await openSignedStore({
      dialect: 's3',
      bucket: 'media',
      region: REGION,
      keys: [KEYS],
      pathStyle: true,
    });
    closing.push(store.close);
    store.objects.set('public/a.txt', Buffer.from('hello'));
    store.objects.set('private/b.txt', Buffer.from('secret'));
    return { store, url: new URL(store.url).origin };
  }

  test('are read with the keys of the edge, where the lists and the prefix let it', async () => {
    const { store, url } = await signedStore();
    const edge = await edgeOf({ url, objects: 'sign', signPrefix: 'public/', allow: ['media'] });
    expect(await edge.call('/media/public/a.txt')).toMatchObject({ status: 200, text: 'hello' });
    const before = store.seen.length;
    for (const target of [
      '/media/private/b.txt',
      '/media',
      '/other/public/a.txt',
      '/media/private/public/a.txt',
    ])
      expect([403, 404]).toContain((await edge.call(target)).status);
    expect(store.seen.slice(before).every(({ refused }) => refused !== null)).toBe(true);
    // The service lists all buckets: no key of the edge signs that.
    expect((await edge.call('/')).status).toBeGreaterThanOrEqual(400);
    expect(store.seen.at(-1)?.headers.has('authorization')).toBe(false);
    expect(edge.lines.join()).toContain('every client of this edge can read');
  });

  test('a spelling of a tenant does not move the prefix that is signed', async () => {
    const store = await openManyBuckets({ 'team:media': A });
    closing.push(store.close);
    const edge = await edgeOf({ url: store.url, objects: 'sign', signPrefix: 'public/', allow: ['*:*'] });
    expect((await edge.call('/team%3Amedia/public/a')).status).toBe(200);
    expect((await edge.call('/team:media/public/a')).status).toBe(200);
    for (const target of ['/team:media/a/public/a', '/team:media/aapublic/a', '/team%3Amedia/a/public/a'])
      expect((await edge.call(target)).status).toBe(403);
    expect(store.seen).toHaveLength(2);
  });

  test('are signed again for the store, by clients that sign for the edge', async () => {
    const { store, url } = await signedStore();
    const edge = await edgeOf({ url, objects: 'resign', hosts: ['{bucket}.files.example.com'] });
    const put = {
      method: 'PUT',
      target: '/media/new.txt',
      host: 'files.example.com',
      bucket: 'media',
      body: 'new',
    };
    expect((await ask(edge, put)).status).toBe(200);
    // By the host, to a store that takes the name in the path.
    const get = { method: 'GET', target: '/new.txt', host: 'media.files.example.com', bucket: 'media' };
    expect(await ask(edge, get)).toEqual({ status: 200, text: 'new' });
    expect(store.seen.map(({ target, refused }) => [target, refused]).slice(-2)).toEqual([
      ['/media/new.txt', null],
      ['/media/new.txt', null],
    ]);
    const wrong = { ...get, keys: { ...KEYS, accessKeySecret: 'wrong' } };
    expect((await ask(edge, wrong)).status).toBe(403);
  });
});
