import { beforeAll, describe, expect, test } from 'vitest';
import { type Answered, corsHeaders, element, value } from '../helpers/client.ts';
import { SKIPPED } from './_programs.ts';
import { sendPreflight, sendTo } from './_rules.ts';
import { useWays, WAYS, type Way } from './_ways.ts';

const ways = useWays('purpose');
const [DIRECT, BY_PATH] = WAYS;
const APP = 'https://app.example.com';
const RULES = {
  CORSRules: [
    { AllowedOrigins: [APP], AllowedMethods: ['GET', 'HEAD'] },
    { AllowedOrigins: [APP], AllowedMethods: ['PUT'], AllowedHeaders: ['*'] },
  ],
};

beforeAll(async () => {
  for (const name of [DIRECT, BY_PATH]) await ways.witness.putRules(ways.way(name).bucket, RULES);
});

async function both(ask: (way: Way) => Promise<Answered>) {
  return { direct: await ask(ways.way(DIRECT)), edge: await ask(ways.way(BY_PATH)) };
}

describe.skipIf(SKIPPED)('the intended differences from Ceph 16', () => {
  test('a later rule for the same origin counts (semantics.md §2.1)', async () => {
    const { direct, edge } = await both((way) => sendPreflight(way, { origin: APP, method: 'PUT' }));
    expect([direct.status, edge.status]).toEqual([403, 200]);
  });

  test("Allow-Methods is the rule's list, and credentials are allowed as in S3 (semantics.md §3)", async () => {
    const { direct, edge } = await both((way) => sendPreflight(way, { origin: APP, method: 'GET' }));
    const origin = { 'access-control-allow-origin': APP };
    expect(corsHeaders(direct)).toEqual({ ...origin, 'access-control-allow-methods': 'GET' });
    expect(corsHeaders(edge)).toEqual({
      ...origin,
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-credentials': 'true',
    });
  });

  test('a refused preflight has a reason', async () => {
    const { direct, edge } = await both((way) => sendPreflight(way, { origin: APP, method: 'DELETE' }));
    expect([direct.status, edge.status]).toEqual([403, 403]);
    expect([element(direct, 'Code'), element(direct, 'Reason')]).toEqual(['AccessDenied', undefined]);
    expect([element(edge, 'Code'), element(edge, 'Reason')]).toEqual([
      'AccessForbidden',
      'method_not_allowed',
    ]);
  });

  test('an answer to a request without Origin has Vary: Origin (semantics.md §4)', async () => {
    const { direct, edge } = await both((way) => sendTo(way, 'GET', '/missing'));
    expect([direct.status, edge.status]).toEqual([403, 403]);
    expect([value(direct, 'vary'), value(edge, 'vary')]).toEqual([undefined, 'Origin']);
  });

  test('the edge itself refuses a method that no store has', async () => {
    const { direct, edge } = await both((way) => sendTo(way, 'PATCH', '/missing'));
    expect([direct.status, edge.status]).toEqual([405, 405]);
    expect([value(direct, 'allow'), value(edge, 'allow')]).toEqual([
      undefined,
      'GET, HEAD, PUT, POST, DELETE, OPTIONS',
    ]);
  });
});
