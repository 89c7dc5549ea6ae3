import type { ClientHttp2Session } from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { signed } from '../../helpers/signed.ts';
import { certificate } from '../../helpers/tls.ts';

let edge: NodeEdge;
let session: ClientHttp2Session;
beforeAll(async () => {
  const buckets = ['a', 'b'].map((name) => ({
    name,
    management: 'keep' as const,
    hosts: [`${name}.test`],
  }));
  edge = await openOnNode({ dialect: 's3', buckets }, undefined, { certificate: certificate() });
  session = await h2(edge.url);
});
afterAll(async () => {
  session.destroy();
  await edge.close();
  expect(edge.errors).toEqual([]);
});

const ask = async (authority: string, before = '') => {
  const { target } = await signed('SigV4 URL', { method: 'GET', target: '/?cors=', host: 'a.test' });
  const headers = { ':method': 'GET', ':scheme': 'https', ':authority': authority };
  return callH2(session, { ...headers, ':path': before + target });
};

// The host that routes a request is `:authority`, which stands for Host (RFC 9113 §8.3.1).
test.each([
  ['is served at the host that it is signed for', 'a.test', 404],
  ['is refused at another host', 'b.test', 403],
])('a signed request for the rules %s', async (_, authority, status) => {
  expect((await ask(authority)).status).toBe(status);
  expect(edge.registerOf('b').reads).toBe(0);
});

test('a path in absolute form is malformed', async () => {
  await expect(ask('a.test', 'http://b.test')).rejects.toThrow('no answer');
  expect(edge.registerOf('b').reads).toBe(0);
});
