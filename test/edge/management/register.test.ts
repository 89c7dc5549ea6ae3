import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { readDocument } from '../../../src/document/read.ts';
import { toXml } from '../../../src/document/xml.ts';
import { recent, unlessUnreadable } from '../../../src/open/client-keys.ts';
import { LOAD_TIMEOUT } from '../../../src/rules/load.ts';
import { call, corsHeaders, element, value } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { rule } from '../../helpers/rules.ts';
import { KEYS, signed } from '../../helpers/signed.ts';
import { A, EVERYBODY, ONE_ORIGIN, setOf } from '../../suite/sets.ts';

const HOST = 'media.example';
const CAUSE = 'connect ECONNREFUSED redis.internal:6379';
const NOW = Date.UTC(2026, 0, 2);

let edge: NodeEdge;
let keysFault: Error | null = null;
beforeAll(async () => {
  const options = { dialect: 'oss', bucket: 'bucket', region: null, wallClock: () => NOW } as const;
  const keys = async () => {
    if (keysFault !== null) throw keysFault;
    return [KEYS];
  };
  edge = await openOnNode({
    buckets: [{ name: 'bucket', management: 'keep' }],
    keeping: {
      verify: (request) =>
        unlessUnreadable('oss', () => verifyRequest(request, { ...options, keys: recent(keys) })),
      wallClock: () => NOW,
    },
  });
});
afterEach(() => {
  edge.registerOf('bucket').fault = null;
});
afterAll(() => edge.close());

async function ask(method: string, body?: string) {
  const about = { method, target: '/?cors', host: HOST, time: NOW, ...(body !== undefined && { body }) };
  return call(edge.url, await signed('OSS V4 header', about));
}

const allowed = async () =>
  corsHeaders(await call(edge.url, { target: '/key', headers: ['Origin', A] }))[
    'access-control-allow-origin'
  ];

test('a write is stored with the key that signed it, and its time', async () => {
  expect((await ask('PUT', toXml(ONE_ORIGIN))).status).toBe(200);
  const { entry } = edge.registerOf('bucket');
  expect(entry).toMatchObject({ writer: 'ak', writtenAt: NOW });
  expect((await ask('DELETE')).status).toBe(204);
  expect(edge.registerOf('bucket').entry).toEqual({ document: null, writer: 'ak', writtenAt: NOW });
});

describe('a register that', () => {
  const faults = [
    ['fails', () => Promise.reject(new Error(CAUSE)), CAUSE],
    ['does not answer', () => new Promise<never>(() => {}), `no answer within ${LOAD_TIMEOUT} ms`],
  ] as const;

  test.each(faults)(
    '%s makes every request for the rules a 503, and leaves them in force',
    async (_, fault, cause) => {
      expect((await ask('PUT', toXml(ONE_ORIGIN))).status).toBe(200);
      const register = edge.registerOf('bucket');
      const before = register.entry;
      register.fault = fault;
      const answers = await Promise.all([ask('PUT', toXml(EVERYBODY)), ask('GET'), ask('DELETE')]);
      for (const answered of answers) {
        expect(answered.status).toBe(503);
        expect(element(answered, 'Code')).toBe('ServiceUnavailable');
        expect(value(answered, 'retry-after')).toBe('1');
        expect(answered.body.toString()).not.toContain('redis');
      }
      expect(edge.events.slice(-3)).toMatchObject(
        answers.map(() => ({ status: 503, code: 'ServiceUnavailable', cause })),
      );
      expect(register.entry).toBe(before);
      expect(await allowed()).toBe(A);
      // A failing register is no fault of the edge.
      expect(edge.errors).toEqual([]);
    },
  );
});

test('keys that cannot be read are a 503 to try again after, and the event alone says why', async () => {
  keysFault = new Error('the file /etc/keys does not exist');
  const { reads } = edge.registerOf('bucket');
  const answered = await ask('GET');
  keysFault = null;
  expect(`${answered.status} ${element(answered, 'Code')}`).toBe('503 ServiceUnavailable');
  expect(value(answered, 'retry-after')).toBe('1');
  expect(answered.body.toString()).not.toContain('/etc/keys');
  const cause = 'the keys cannot be read (the file /etc/keys does not exist)';
  expect(edge.events.slice(-1)).toMatchObject([{ status: 503, code: 'ServiceUnavailable', cause }]);
  expect(edge.errors).toEqual([]);
  expect(edge.registerOf('bucket').reads).toBe(reads);
});

test('of many writes at once the last whole one is in force', async () => {
  const origins = Array.from({ length: 30 }, (_, at) => `https://${at}.example`);
  const documents = origins.map((origin) => toXml(setOf(rule({ allowedOrigins: [origin, origin] }))));
  const answers = await Promise.all(documents.map((document) => ask('PUT', document)));
  expect(answers.map(({ status }) => status)).toEqual(origins.map(() => 200));
  const read = readDocument((await ask('GET')).body.toString(), 'strict');
  const [winner, again] = (read.ok && read.ruleSet.rules[0]?.allowedOrigins) || [];
  expect(again).toBe(winner);
  for (const origin of origins) {
    const object = await call(edge.url, { target: '/key', headers: ['Origin', origin] });
    expect(corsHeaders(object)['access-control-allow-origin']).toBe(origin === winner ? origin : undefined);
  }
});

test('a reader that follows a write always sees it', async () => {
  for (let at = 0; at < 50; at += 1) {
    const origin = `https://${at}.example`;
    expect((await ask('PUT', toXml(setOf(rule({ allowedOrigins: [origin] }))))).status).toBe(200);
    const object = await call(edge.url, { target: '/key', headers: ['Origin', origin] });
    expect(corsHeaders(object)['access-control-allow-origin']).toBe(origin);
  }
});
