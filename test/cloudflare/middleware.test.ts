import { createServer, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { call, corsHeaders } from '../helpers/client.ts';
import { listen } from '../helpers/listen.ts';
import { until } from '../helpers/until.ts';
import { EVERYBODY, EVERYBODY_HEADERS } from '../suite/sets.ts';
import { type InWorkerd, openInWorkerd } from './_bundled.ts';

const asked: ServerResponse[] = [];
const source = createServer((_incoming, outgoing) => void asked.push(outgoing));
let worker: InWorkerd | undefined;

beforeAll(async () => {
  const port = await listen(source);
  worker = await openInWorkerd('test/cloudflare/_middleware.ts', {
    RULES_URL: `http://127.0.0.1:${port}/cors.xml`,
  });
}, 60_000);

afterAll(async () => {
  await worker?.close();
  source.closeAllConnections();
  source.close();
});

test('one load of the rules, which one request began, serves all who wait for it', async () => {
  const { url = '' } = worker ?? {};
  const first = call(url, { target: '/key' });
  await until('the rules are asked for', () => asked.length > 0);
  const others = [1, 2, 3, 4].map(() => call(url, { target: '/key' }));
  asked[0]?.end(toXml(EVERYBODY));
  for (const answered of await Promise.all([first, ...others])) {
    expect(answered.body.toString()).toBe('the object');
    expect(corsHeaders(answered)).toEqual(EVERYBODY_HEADERS);
  }
  expect(asked).toHaveLength(1);
});
