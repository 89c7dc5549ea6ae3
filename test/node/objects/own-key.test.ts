import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAuthorize } from '../../../src/open/authorize.ts';
import { PASSING } from '../../helpers/access.ts';
import { call, corsHeaders, element, value } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { until } from '../../helpers/until.ts';
import { A, ONE_ORIGIN } from '../../suite/sets.ts';

const TOKEN = 'CAIS+/=a-token';
const OSS = {
  OSS_ACCESS_KEY_ID: 'STS.an-id',
  OSS_ACCESS_KEY_SECRET: 'a-secret',
  OSS_SESSION_TOKEN: TOKEN,
};
const AWS = { AWS_ACCESS_KEY_ID: 'AKIA-an-id', AWS_SECRET_ACCESS_KEY: 'a-secret', AWS_SESSION_TOKEN: TOKEN };

/** A store that quotes the whole request, as stores do where a signature does not match. */
async function openEcho() {
  const seen: string[] = [];
  let open = 0;
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { authorization = '' } = incoming.headers;
    seen.push(authorization);
    const quoted = JSON.stringify(incoming.headers);
    const path = incoming.url?.split('/').at(-1) ?? '';
    const status = Number(/^\d{3}/.exec(path)?.[0]);
    const headers: Record<string, string | string[]> = {
      'Content-Type': 'application/xml',
      'x-amz-request-id': 'REQUEST1',
      'x-oss-request-id': 'REQUEST1',
      'x-echo': authorization,
      'x-signature': ['plain', `is ${/[=:]([^=:]+=*)$/.exec(authorization)?.[1]}`],
      'x-token': TOKEN,
      'x-plain': 'stays',
    };
    outgoing.writeHead(status, headers);
    if (path.endsWith('endless')) {
      open += 1;
      outgoing.on('close', () => {
        open -= 1;
      });
      outgoing.write(quoted);
    } else if (path.endsWith('long')) outgoing.end(quoted + ' '.repeat(1024 * 1024));
    else outgoing.end(status === 304 ? '' : `<Error><Code>SignatureDoesNotMatch</Code>${quoted}</Error>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    open: () => open,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

describe.each([
  ['SigV4', 's3', 'v4', 'x-amz-request-id'],
  ['OSS V4', 'oss', 'v4', 'x-oss-request-id'],
  ['OSS V1', 'oss', 'v1', 'x-oss-request-id'],
] as const)('an answer to a request that the edge signed by %s', (_, dialect, signature, idHeader) => {
  let store: Awaited<ReturnType<typeof openEcho>>;
  let edge: NodeEdge;
  beforeAll(async () => {
    store = await openEcho();
    const authorize = openAuthorize(
      {
        ...PASSING,
        store: dialect,
        objects: 'sign',
        bucketName: 'media',
        region: 'a-region',
        signature,
        credentials: { kind: 'environment', prefix: null },
      },
      { variables: dialect === 's3' ? AWS : OSS },
    );
    if (authorize === undefined) throw new Error('nothing signs');
    const buckets = [{ name: 'media', url: store.url, authorize }];
    edge = await openOnNode({ buckets, rules: ONE_ORIGIN, dialect });
  });
  afterAll(async () => {
    await edge.close();
    await store.close();
  });

  const expectNoSecret = (answered: Awaited<ReturnType<typeof call>>): void => {
    const authorization = store.seen.at(-1) ?? '';
    expect(authorization).not.toBe('');
    const text = JSON.stringify(answered.headers) + answered.body.toString();
    const signed = /[=:]([^=:]+=*)$/.exec(authorization)?.[1] ?? authorization;
    for (const secret of [TOKEN, signed, 'an-id']) expect(text).not.toContain(secret);
  };

  test.each([
    [400, 'InvalidRequest'],
    [401, 'AccessDenied'],
    [403, 'AccessDenied'],
  ] as const)('with %i is the edge’s own refusal', async (status, code) => {
    for (const method of ['GET', 'HEAD']) {
      const answered = await call(edge.url, { method, target: `/${status}`, headers: ['Origin', A] });
      expect(answered.status).toBe(status);
      expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
      expect(value(answered, idHeader)).toBe('REQUEST1');
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(value(answered, 'x-plain')).toBeUndefined();
      expectNoSecret(answered);
      if (method === 'HEAD') expect(answered.body).toHaveLength(0);
      else {
        expect([element(answered, 'Code'), element(answered, 'RequestId')]).toEqual([code, 'REQUEST1']);
        expect(element(answered, 'Message')).toMatch(
          /^The bucket refused this request, which the edge signed/,
        );
      }
      await until(
        'the event',
        () => edge.events.at(-1)?.method === method && edge.events.at(-1)?.path === `/${status}`,
      );
      expect(edge.events.at(-1)).toMatchObject({
        status,
        code,
        refusedKey: status,
        sent: answered.body.length,
        cause: `the bucket answered ${status} to a request that the edge signed`,
      });
    }
  });

  test.each([200, 404, 500])('with %i passes without the headers that quote a secret', async (status) => {
    const answered = await call(edge.url, { method: 'HEAD', target: `/${status}` });
    expect(answered.status).toBe(status);
    expect(value(answered, 'x-plain')).toBe('stays');
    for (const name of ['x-echo', 'x-signature', 'x-token']) expect(value(answered, name)).toBeUndefined();
    expectNoSecret(answered);
  });

  test.each(['long', 'endless'])('drops a %s body, and serves the next request', async (body) => {
    for (let count = 0; count < 3; count += 1) {
      const answered = await call(edge.url, { target: `/403${body}` });
      expect([answered.status, element(answered, 'Code')]).toEqual([403, 'AccessDenied']);
      expectNoSecret(answered);
    }
    await until('the end of the bodies', () => store.open() === 0);
    expect((await call(edge.url, { target: '/404' })).status).toBe(404);
  });

  test('to a write, which is not signed, passes as it is', async () => {
    const answered = await call(edge.url, { method: 'PUT', target: '/403', body: 'x' });
    expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(value(answered, 'x-plain')).toBe('stays');
  });
});
