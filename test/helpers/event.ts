import type { RequestEvent } from '../../src/edge/observe.ts';

/** A successful request; a test changes the fields that it tests. */
export const EVENT: RequestEvent = {
  bucket: 'b',
  label: 'b',
  method: 'GET',
  path: '/a',
  origin: 'https://a',
  kind: 'actual',
  decision: 'matched',
  rule: 1,
  rulesVersion: '0123456789abcdef',
  status: 200,
  code: null,
  cause: null,
  received: 0,
  sent: 5,
  headMs: 1.2345,
  totalMs: 30,
  requestId: 'ID',
  bucketHadCors: false,
  asked: null,
  bucketMs: 20,
  why: () => 'Rule 1 is the first whose origin, method and requested headers all fit.',
  lacksCredentials: () => false,
  client: () => ({
    address: '192.0.2.1',
    host: 'edge.example',
    userAgent: null,
    traceparent: null,
    protocol: 'HTTP/1.1',
  }),
};
