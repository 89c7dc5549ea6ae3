import * as fc from 'fast-check';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { type Exchange, type FlatHeaders, isReply, type Reply } from '../../src/bucket/transport.ts';
import { type CompiledRules, compileRules, missingBucket, unavailableRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { createEdge } from '../../src/edge/app.ts';
import { METHODS_SERVED } from '../../src/edge/errors.ts';
import { inOwnApp } from '../../src/edge/middleware.ts';
import { behaviours, requests, ruleSets } from '../cors/_arbitrary.ts';

const PATHS = ['/', '/key', '/a/b?c'];
const STATUSES = [200, 204, 206, 301, 304, 403, 404, 416, 500];

/** Header lines that the edge removes, merges, replaces or leaves. */
const lines = fc.constantFrom(
  ['ETag', '"a"'],
  ['Cache-Control', 'max-age=60'],
  ['CDN-Cache-Control', 'max-age=60'],
  ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
  ['Pragma', 'x'],
  ['Vary', 'Accept-Encoding'],
  ['vary', 'ORIGIN, X-One'],
  ['Vary', '*'],
  ['Access-Control-Allow-Origin', '*'],
  ['access-control-max-age', '5'],
  ['X-Bucket-Cors-Reason', 'forged'],
  ['X-Oss-Request-Id', 'of the bucket'],
  ['X-Own', 'unchanged'],
);

const compiled: fc.Arbitrary<CompiledRules> = fc
  .tuple(ruleSets, behaviours, fc.constantFrom('known', 'known', 'known', 'missing', 'unavailable'))
  .map(([ruleSet, behaviour, state]) =>
    state === 'known'
      ? compileRules(ruleSet, behaviour)
      : state === 'missing'
        ? missingBucket(behaviour)
        : unavailableRules(behaviour),
  );

const asked = requests.filter(({ method }) => METHODS_SERVED.includes(method));

/** The same headers as received: without blanks around values. */
const headersOf = ({ origin, requestMethod, requestHeaders }: Facts): [string, string][] =>
  (
    [
      ['Origin', origin],
      ['Access-Control-Request-Method', requestMethod],
      ['Access-Control-Request-Headers', requestHeaders],
    ] as const
  ).flatMap(([name, value]) => (value === null ? [] : [[name, value.replace(/^[ \t]+|[ \t]+$/g, '')]]));

const pairs = (flat: FlatHeaders): [string, string][] =>
  flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : []));

interface Case {
  readonly rules: CompiledRules;
  readonly facts: Facts;
  readonly target: string;
  readonly status: number;
  readonly own: FlatHeaders;
  readonly debugReason: boolean;
}

const plain = (status: number, headers: Headers, body: string) => ({
  status,
  headers: [...headers].map(([name, value]) => [
    name,
    /^[0-9A-F]{24}$/.test(value) ? '(id)' : /-length$/.test(name) ? '(length)' : value,
  ]),
  body: body.replace(/[0-9A-F]{24}/, '(id)'),
});

/** Returns the edge's response for the case, without a network. */
async function byEdge({ rules, facts, target, status, own, debugReason }: Case) {
  const app = createEdge({
    buckets: [
      {
        name: 'bucket',
        address: { base: 'http://bucket', host: 'bucket', path: '' },
        rules: { current: () => ({ rules, version: null }), refresh: async () => {} },
      },
    ],
    observe: () => {},
    onError: (error) => {
      throw error;
    },
    edgeId: '00000000',
    debugReason,
  });
  let sent: Reply | undefined;
  const exchange: Exchange = {
    method: facts.method,
    target,
    headers: ['Host', 'localhost', ...headersOf(facts).flat()],
    body: null,
    peer: { address: '127.0.0.1', secure: false },
    reply: (reply) => {
      sent = reply;
      return new Response();
    },
    transport: (_address, _request, sink) => {
      const headers = sink.head(status, own);
      sent = isReply(headers) ? headers : { status, headers, body: '' };
      return new Response();
    },
    background: () => {},
    read: async () => 'TooLarge',
  };
  await app.fetch(new Request('http://edge/'), { exchange });
  if (sent === undefined) throw new Error('the edge sent nothing');
  // Every platform adapter omits the body of an answer to HEAD.
  const body = facts.method === 'HEAD' ? '' : sent.body;
  return plain(sent.status, new Headers(pairs(sent.headers)), body);
}

async function byOwnApp({ rules, facts, target, status, own, debugReason }: Case) {
  const app = new Hono()
    .use(inOwnApp({ current: () => ({ rules, version: null }), debugReason }))
    .all('*', () => new Response(null, { status, headers: pairs(own) }));
  const answered = await app.request(target, { method: facts.method, headers: headersOf(facts) });
  return plain(answered.status, answered.headers, await answered.text());
}

test('law: an app with bucketCors sends the same response as the edge, for all rules, requests and bucket headers', async () => {
  const cases: fc.Arbitrary<Case> = fc.record({
    rules: compiled,
    facts: asked,
    target: fc.constantFrom(...PATHS),
    status: fc.constantFrom(...STATUSES),
    own: fc.array(lines, { maxLength: 5 }).map((chosen) => chosen.flat()),
    debugReason: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async (about) => {
      expect(await byOwnApp(about)).toEqual(await byEdge(about));
    }),
    { numRuns: 1_000 },
  );
});
