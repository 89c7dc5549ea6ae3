import { expect, test } from 'vitest';
import type { Exchange, Reply } from '../../src/bucket/transport.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { createEdge } from '../../src/edge/app.ts';
import type { RequestEvent } from '../../src/edge/observe.ts';
import { A, ONE_ORIGIN } from '../suite/sets.ts';

const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const WRONG = new Error('wrong');

test('an error of the edge after a bucket’s answer is reported, and answered with CORS headers', async () => {
  const errors: unknown[] = [];
  const events: RequestEvent[] = [];
  let asked = 0;
  const app = createEdge({
    buckets: [
      {
        name: 'bucket',
        address: { base: 'http://bucket', host: 'bucket', path: '' },
        rules: {
          current: () => ({ rules: compileRules(ONE_ORIGIN, behaviour), version: null }),
          refresh: async () => {},
        },
      },
    ],
    observe: (event) => void events.push(event),
    onError: (error) => void errors.push(error),
    edgeId: '00000000',
    debugReason: false,
    // The edge reads the clock for the third time when it makes the head: before, when the request arrives and when the bucket is asked.
    now: () => {
      asked += 1;
      if (asked === 3) throw WRONG;
      return asked;
    },
  });
  let sent: Reply | undefined;
  const exchange: Exchange = {
    method: 'GET',
    target: '/key',
    headers: ['Host', 'localhost', 'Origin', A],
    body: null,
    peer: { address: '127.0.0.1', secure: false },
    reply: () => new Response(),
    transport: (_address, _request, sink) => {
      expect(() => sink.head(200, [])).toThrow(WRONG);
      sent = sink.fail('BucketAnswerInvalid');
      sink.end({ received: 0, sent: 0, failure: 'BucketAnswerInvalid' });
      return new Response();
    },
    background: () => {},
    read: async () => 'TooLarge',
  };
  await app.fetch(new Request('http://edge/'), { exchange });
  expect(errors).toEqual([WRONG]);
  expect(sent?.status).toBe(502);
  expect(sent?.headers).toEqual(expect.arrayContaining(['Access-Control-Allow-Origin', A]));
  expect(events).toMatchObject([{ status: 502, code: 'BucketAnswerInvalid' }]);
});
